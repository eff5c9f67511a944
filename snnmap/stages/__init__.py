"""The compiler's choices: partition, place, wire, schedule. Stages never import one another; `registry` names them."""
