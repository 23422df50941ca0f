from snnlearn.explore import SCRIPT, STYLE, module_of as explorable

# Figures that follow a slider, for the report. They are no part of a run: `make report` asks for them.
EXPLORED = [study for study in OWN if explorable(study.experiment)]


rule explorable:
    input:
        unpack(lambda w: with_origins(inputs_of(w.study, closeup_seeds_of(w.study).values()))),
    output:
        "results/{study}/explorable.html",
    log:
        "results/logs/explorable/{study}.log",
    benchmark:
        "results/benchmarks/explorable/{study}.jsonl"
    wildcard_constraints:
        study=any_of(study.name for study in EXPLORED),
    conda:
        "../../envs/snnlearn.yaml"
    threads: lambda w: resources_of(w.study).threads
    resources:
        # Images are shown for twice as long as in the run.
        mem_mb=lambda w, attempt: attempt * (2000 + 2 * resources_of(w.study).memory_mb),
        runtime=per_attempt(60),
    params:
        job=lambda w: job_of(w.study, closeup_seeds_of(w.study), "simulate")
        | {
            "module": explorable(w.study),
            "code": code_of(explorable(w.study), "snnlearn.explore.page:part"),
        },
    message:
        "Simulate {wildcards.study} at each place of a slider"
    script:
        "../scripts/explorable.py"


rule explore:
    input:
        figures=[f"results/{study.name}/explorable.html" for study in EXPLORED],
        files=local([os.path.relpath(file) for file in (SCRIPT, STYLE)]),
    output:
        report(
            "results/explore.html",
            caption="../report/explore.rst",
            category="All experiments",
            labels={"table": "figures to explore"},
        ),
    log:
        "results/logs/explore.log",
    benchmark:
        "results/benchmarks/explore.jsonl"
    localrule: True
    conda:
        "../../envs/snnlearn.yaml"
    params:
        job={
            "titles": [TITLES[study.experiment] for study in EXPLORED],
            "differs": {TITLES[name]: words for name, words in IN_WORDS.items() if name in TITLES},
            "code": code_of("snnlearn.explore.page:page"),
        },
    message:
        "Put figures that follow a slider into one page"
    script:
        "../scripts/explore.py"
