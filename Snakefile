include: "workflow/Snakefile"


# An included file cannot set the default target; it is `all` there.
rule default:
    default_target: True
    input:
        rules.all.input,
    localrule: True
