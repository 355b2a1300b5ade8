"""The Alerts screen: what is and was beyond a limit."""
