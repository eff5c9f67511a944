"""Many runs: comparisons of objectives, and published figures beside ours."""
