"""Running a network: on its data (`profile`), as it is mapped (`mapped`), and in time (`chip`). Knows no stage."""
