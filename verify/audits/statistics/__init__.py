"""Every statistic of a layer at first glance, and the numbers of some cut out to be judged."""
