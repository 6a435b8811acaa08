# The harness tests itself and links nothing else.
