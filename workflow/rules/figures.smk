# One job for all figures of a study: to start costs more than to draw.
for study in OWN + LISTED:

    rule:
        name:
            f"figures_{study.name}"
        input:
            **(inputs_of(study.name, study.cells[0].seeds.values()) if study.own else {}),
            runs=traces(study.cells) if study.own else [],
            closeup=(
                f"results/{study.name}/closeup.parquet"
                if study.own and EXPERIMENTS[study.experiment].closeup
                else []
            ),
            metrics=[] if study.own else f"results/{study.name}/metrics.csv",
        output:
            pictures=[
                report(
                    f"results/{study.name}/figures/{figure}.png",
                    # Written beside the figure, and read when a report is made.
                    caption=os.path.abspath(RESULTS / study.name / "figures" / f"{figure}.rst"),
                    category=described(study.name).title,
                    labels={"figure": figure},
                )
                for figure in CAPTIONS[study.name]
            ],
            drawings=figure_files(study, [kind for kind in KINDS if kind != "png"]),
            captions=local([placed(file) for file in figure_files(study, ["rst"])]),
        log:
            f"results/logs/figures/{study.name}.log",
        benchmark:
            f"results/benchmarks/figures/{study.name}.jsonl"
        priority: SOON
        localrule: True
        conda:
            "../../envs/snnlearn.yaml"
        params:
            job={
                "study": study.name,
                "experiment": study.experiment,
                "axes": study.axes,
                "settings": plain(SETTINGS.general.figures),
                "parameters": PARAMETERS[study.cells[0].folder],
                "classes": classes_of(study),
                "captions": CAPTIONS[study.name],
                "code": code_of(
                    module_of(study.name) or "snnlearn.figures.style",
                    "snnlearn.figures.over_cells" if study.metrics else "snnlearn.figures.style",
                ),
            },
        message:
            f"Draw the figures of {study.name}"
        script:
            "../scripts/figures.py"
