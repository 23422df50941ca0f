import pytest
from tiny_project import copy_project


@pytest.fixture(scope="session")
def finished(tmp_path_factory):
    """A copy in which everything has been run once; a test undoes what it changes."""
    project = copy_project(tmp_path_factory.mktemp("finished"))
    project.snakemake()
    return project
