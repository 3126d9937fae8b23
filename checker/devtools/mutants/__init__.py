"""Wrong end states made from solutions by themselves: a check that accepts one reads too little."""
