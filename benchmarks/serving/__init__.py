"""Load tests of the model server beside other Python servers, over loopback."""
