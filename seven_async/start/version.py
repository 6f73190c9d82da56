"""The version of the package, written once; what builds the package reads it here. No I/O."""

VERSION = "0.1.0"
