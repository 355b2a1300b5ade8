"""The Compare screen: two results side by side."""
