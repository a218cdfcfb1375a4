"""The workbench for rules: checking a text, explaining an article, trying a rule on the archive, all in a process of
its own, under limits: who writes a rule must be able to make every mistake without the service coming to harm."""
