"""Running a network: on its data (`profile`), and as it is mapped (`mapped`). Knows no stage of the compiler."""
