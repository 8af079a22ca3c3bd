"""What a reader sees, in one Chromium: whoever comes from one file to the next here finds it started."""
