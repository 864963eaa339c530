"""The services that tell where parcels are, one module for each (the protocol: `answers`)."""
