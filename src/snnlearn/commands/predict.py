"""Say which classes images show, with trained parameters."""

from snnlearn.commands.classifier import ERRORS, add_predicting, run_predicting

__all__ = ["ERRORS", "add_arguments", "run"]

add_arguments, run = add_predicting, run_predicting
