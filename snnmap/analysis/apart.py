"""Every use of a crossbar as one of its own: how a run that knows crossbars of one use meets those of several."""

from dataclasses import replace

import numpy as np

from snnmap.analysis.view import View
from snnmap.core.arrays import I64, row_of_entry
from snnmap.ir import Clustering, Placement


def apart(view: View) -> tuple[View, I64]:
    """View whose clusters are the uses of those of `view`, on their tiles and lines; and the cluster of each use.

    What is programmed and drawn belongs to a place of a cluster's crossbar, so that its uses meet the same cells.
    """
    clustering = view.mapping.clustering
    cluster = row_of_entry(clustering.use_ptr)
    if clustering.uses is None:
        return view, cluster
    column = row_of_entry(clustering.use_column_ptr)
    neuron = clustering.column_neuron - view.graph.network.externals
    home = np.zeros(len(clustering.home), np.int32)
    at_home = clustering.home[neuron] == cluster[column]
    home[neuron[at_home]] = column[at_home]
    single = Clustering(
        clustering.use_row_ptr, clustering.row_source, clustering.use_column_ptr, clustering.column_neuron, home
    )
    placement = Placement(view.mapping.placement.tile[cluster])
    mapping = replace(view.mapping, clustering=single, placement=placement)
    return replace(view, mapping=mapping, of_clustering=None), cluster
