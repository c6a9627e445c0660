"""The same models behind other servers, each the way its documentation says."""
