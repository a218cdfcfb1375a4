"""`alerts rules`: what is flagged. Each command has its module, which is imported only when it is called."""

from __future__ import annotations

from alerts.cli import Commands

# name: (module, what it is for, in one line)
COMMANDS = {
    "list": ("alerts.cli.rules.listing", "List all rules, in force or not."),
    "new": ("alerts.cli.rules.new", "Write the first draft of a rule from a few questions."),
    "show": ("alerts.cli.rules.show", "Show one rule as the machine sees it."),
    "explain": ("alerts.cli.rules.explain", "Why an article fires rules, and why not."),
    "check": ("alerts.cli.rules.checking", "Check rules and their examples."),
    "test": ("alerts.cli.rules.testing", "Run the examples and stories of rules, and show each."),
    "backtest": (
        "alerts.cli.rules.backtest",
        "Try a rule on stored or given articles, against the version in force.",
    ),
    "stats": ("alerts.cli.rules.stats", "How often rules alert, and how often they are right."),
    "judge": ("alerts.cli.rules.judge", "Say of alerts that they were right or wrong."),
    "adopt": ("alerts.cli.rules.adopt", "Make a judged alert's sentence an example of its rule."),
    "promote": ("alerts.cli.rules.promote", "Let a rule that fell to test alert everybody again."),
    "overlap": ("alerts.cli.rules.overlap", "Pairs of rules that flag the same sentences."),
    "editions": (
        "alerts.cli.rules.editions",
        "What was in force on all machines, when and by whom.",
    ),
    "publish": ("alerts.cli.rules.publish", "Put your own rules and templates in force on all machines."),
    "pull": ("alerts.cli.rules.pull", "Bring your own folders to what is in force on all machines."),
}

command = Commands(
    COMMANDS,
    name="rules",
    help="""The rules: one file each, in the shipped folder and in your own ([rules] folders).

    rules/README.md teaches to write one. A file of yours replaces the shipped rule of the same name.
    """,
)
