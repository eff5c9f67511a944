"""Dataflow theory: rates, cycle ratios, self-timed execution. Knows no chip and no network.

`graph` checks a graph and sorts its channels, `expand` turns rates into single firings, `ratio` finds the period and
proves it, `simulate` executes. `phases` does for cyclo-static graphs what `expand` does for rates, `throughput`
answers for any graph with its proof, `xml` reads and writes the files of SDF3. The period is the maximum cycle ratio,
an exact fraction with its critical cycle: the periodic schedule of earliest starts proves it from above, the cycle
from below, and self-timed execution with any times up to the worst case starts no firing later.

**Rejected.** Max-plus state-space exploration (SDF3) needs exponential memory on multi-rate graphs; cycle ratios of the
expanded graph do not.

Sources: Sriram & Bhattacharyya, Embedded Multiprocessors (2009); Dasdan, Experimental analysis of the fastest optimum
cycle ratio and mean algorithms, ACM TODAES 9(4), 2004.
"""
