"""What SECURITY.md promises of the code: read as it stands, wherever it is."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from snnlearn.config import loading
from snnlearn.config.errors import ConfigError
from snnlearn.config.files import document
from snnlearn.data.downloading import DownloadError, download

ROOT = Path(__file__).parents[2]
CODE = sorted(
    file
    for folder in ("src", "workflow/scripts", "envs", "benchmarks")
    for file in (ROOT / folder).rglob("*.py")
)
RULES = [ROOT / "Snakefile", ROOT / "workflow/Snakefile", *sorted(ROOT.glob("workflow/rules/*"))]

#: What gives a text to a shell, runs it as Python, loads objects, or writes what an archive says.
FORBIDDEN = {
    *("os.system", "os.popen", "subprocess.getoutput", "subprocess.getstatusoutput"),
    *("asyncio.create_subprocess_shell", "pty.spawn", "os.startfile"),
    *("eval", "exec", "pd.eval", "pandas.eval", "shelve.open", "marshal.loads"),
    *("yaml.unsafe_load", "yaml.full_load_all", "yaml.unsafe_load_all"),
    *("shutil.unpack_archive", "tarfile.open", "tempfile.mktemp"),
}
FORBIDDEN_ENDS = re.compile(r"\.(extract|extractall|read_pickle)$|^os\.(exec|spawn)\w+$")
OF_PICKLES = {"pickle", "cloudpickle", "dill", "joblib"}

#: What makes values, and no objects. Snakemake reads configurations with the second.
SAFE_LOADERS = {"yaml.SafeLoader", "yaml.FullLoader"}


def violations(source: str) -> Iterator[str]:
    """What a source does that SECURITY.md says is not done."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import | ast.ImportFrom):
            module = node.module if isinstance(node, ast.ImportFrom) else None
            names = [module or ""] if module else [alias.name for alias in node.names]
            yield from (name for name in names if name.split(".")[0] in OF_PICKLES)
        if not isinstance(node, ast.Call):
            continue
        called, named = ast.unparse(node.func), {k.arg: k.value for k in node.keywords}
        if called in FORBIDDEN or FORBIDDEN_ENDS.search(called):
            yield called
        if "shell" in named and ast.unparse(named["shell"]) != "False":
            yield f"{called} with a shell"
        unpickles = ast.unparse(named.get("allow_pickle", ast.Constant(None))) != "False"
        if unpickles and (called in ("np.load", "numpy.load") or "allow_pickle" in named):
            yield f"{called} without allow_pickle=False"
        if "verify" in named and ast.unparse(named["verify"]) == "False":
            yield f"{called} of a server that may be any"
        if called in ("yaml.load", "yaml.load_all"):
            loader = named.get("Loader", ast.Constant(None))
            if ast.unparse(loader) not in SAFE_LOADERS:
                yield f"{called} with {ast.unparse(loader)}"


@pytest.mark.parametrize("file", CODE, ids=lambda file: file.relative_to(ROOT).as_posix())
def test_no_text_becomes_a_command_or_an_object(file):
    assert list(violations(file.read_text())) == []


@pytest.mark.parametrize(
    "source",
    [
        "os.system(name)",
        "subprocess.run(f'ls {name}', shell=True)",
        "subprocess.run(name, shell=whether)",
        "import pickle",
        "from cloudpickle import loads",
        "np.load(file)",
        "np.load(file, allow_pickle=True)",
        "pd.read_pickle(file)",
        "yaml.load(text, Loader=yaml.UnsafeLoader)",
        "yaml.load(text, yaml.Loader)",
        "archive.extractall(folder)",
        "requests.get(url, verify=False)",
        "eval(text)",
        "pd.eval(text)",
        "os.execvp(name, [name])",
        "asyncio.create_subprocess_shell(name)",
    ],
)
def test_what_is_not_done_would_be_found(source):
    assert len(list(violations(source))) == 1


@pytest.mark.parametrize("file", RULES, ids=lambda file: file.relative_to(ROOT).as_posix())
def test_no_rule_has_a_shell(file):
    assert not re.search(r"^\s+(shell|run)\s*:|\bshell\(", file.read_text(), re.MULTILINE)


@pytest.mark.parametrize("tag", ["object/apply:os.system", "object/new:os.system", "module:os"])
def test_a_tag_makes_no_object(tmp_path, tag):
    file = tmp_path / "own.yaml"
    file.write_text(f"seeds: !!python/{tag} [touch {tmp_path}/ran]\n")
    with pytest.raises(yaml.YAMLError):
        document(file)
    assert not (tmp_path / "ran").exists()


OPEN = "http of another machine"


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("http://data.example/images.npz", OPEN),
        ("http://localhost.data.example/images.npz", OPEN),
        ("http://127.0.0.1@data.example/images.npz", OPEN),
        ("http://10.0.0.1/images.npz", OPEN),
        ("https://me:hunter2@data.example/images.npz", r"holds a password.*~/\.netrc"),
        ("ftp://data.example/images.npz", "is no address of a file: give https://HOST/FILE"),
        ("file:///etc/passwd", "is no address of a file"),
        ("https://", "is no address of a file"),
        ("https://[::1", "is no address of a file"),
        ("https://data.example:port/", "is no address of a file"),
        ("images.npz", "is no address of a file"),
    ],
)
def test_files_come_over_https_or_from_this_machine(url, reason):
    for raw in (
        {"data": {"urls": [url]}},
        {"mnist": {"parameters": {"download": {"url": url}}}},
    ):
        with pytest.raises(ConfigError, match=reason) as refused:
            loading.load(raw)
        (line,) = str(refused.value).splitlines()
        assert "hunter2" not in line


@pytest.mark.parametrize(
    "url",
    [
        "https://data.example/images.npz",
        "HTTPS://me@data.example:8443/idx/?version=2",
        "http://127.0.0.1:8000/images.npz",
        "http://localhost/images.npz",
        "http://[::1]:8000/images.npz",
    ],
)
def test_https_and_this_machine_are_taken(url):
    assert loading.load({"data": {"urls": [url]}}).general.data.urls == (url,)


def test_a_server_that_leads_on_to_http_of_another_machine_is_not_followed(server, tmp_path):
    (server.folder / "file.bin").write_bytes(b"content")
    server.script("file.bin", "http://data.example/file.bin", forever=True)
    with pytest.raises(DownloadError, match=r"http://data\.example/file\.bin is http of another"):
        download(server.url("file.bin"), tmp_path / "here.bin")
    assert server.requests == ["file.bin"]
    assert not (tmp_path / "here.bin").exists()


def test_runs_go_to_another_machine_over_http_only_if_that_is_said():
    uri = "http://tracking.example:5000"
    with pytest.raises(ConfigError, match=r"tracking: uri is http .*allow_http: true"):
        loading.load({"tracking": {"uri": uri}})
    for given in (
        {"uri": uri, "allow_http": True},
        {"uri": "https://tracking.example"},
        {"uri": "http://127.0.0.1:5000"},
    ):
        assert loading.load({"tracking": given}).general.tracking.uri == given["uri"]


@pytest.mark.parametrize(
    ("uri", "variables"),
    [
        ("postgresql://db.example/runs", {}),
        ("postgresql+psycopg2://me@db.example:5433/runs?sslmode=prefer", {}),
        ("postgresql:///runs?host=db.example", {}),
        ("postgresql:///runs", {"PGHOST": "db.example"}),
        ("postgresql://127.0.0.1/runs?host=db.example", {}),
        ("postgresql:///runs?host=localhost&host=db.example", {}),
        ("postgresql:///runs?host=localhost,db.example", {}),
        ("postgresql://localhost/runs?hostaddr=10.0.0.1", {}),
        ("postgresql://localhost/runs", {"PGHOSTADDR": "10.0.0.1"}),
        ("postgresql:///runs?service=elsewhere", {}),
        ("postgresql:///runs", {"PGSERVICE": "elsewhere"}),
        ("postgresql://db.example/runs?sslmode=require&sslmode=disable", {}),
        ("postgresql://db.example/runs?sslmode=disable", {"PGSSLMODE": "require"}),
    ],
)
def test_postgresql_of_another_machine_is_asked_for_tls(monkeypatch, uri, variables):
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(ConfigError, match=r"without TLS.*sslmode=verify-full.*allow_http: true"):
        loading.load({"tracking": {"uri": uri}})
    loading.load({"tracking": {"uri": uri, "allow_http": True}})
    loading.load({"tracking": {"uri": uri, "enabled": False}})


@pytest.mark.parametrize(
    ("uri", "variables"),
    [
        ("postgresql://db.example/runs?sslmode=verify-full", {}),
        ("postgresql://db.example/runs", {"PGSSLMODE": "require"}),
        ("postgresql://localhost/runs", {}),
        ("postgresql://me@127.0.0.1:5433/runs", {}),
        ("postgresql:///runs", {}),
        ("postgresql:///runs?host=/run/postgresql", {}),
        ("postgresql://[::1]/runs", {}),
        ("postgresql://localhost/runs?hostaddr=127.0.0.1", {}),
        ("postgresql://localhost/runs", {"PGHOST": "db.example"}),
        ("postgresql:///runs?service=elsewhere&sslmode=verify-full", {}),
    ],
)
def test_postgresql_with_tls_or_on_this_machine_is_taken(monkeypatch, uri, variables):
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert loading.load({"tracking": {"uri": uri}}).general.tracking.uri == uri


def test_the_audit_is_of_all_packages_of_the_lock():
    lock = (ROOT / "envs/requirements.lock").read_text(encoding="utf-8")
    packages = len(re.findall(r"^[\w.-]+==", lock, re.MULTILINE))
    told = (ROOT / "SECURITY.md").read_text(encoding="utf-8")
    assert f"the {packages} packages of `envs/requirements.lock`" in told
