include: "workflow/Snakefile"


# An included file cannot set the default target; it is `all` there.
rule default:
    default_target: True
    localrule: True
    input:
        rules.all.input,
