def across(cases): return None
