"""Starter kits: the files with which a user's first job on a site's batch system works. Pure.

    for subject in subjects_of_receipts(site, generation.modules, installed):     # what is deployed
        for kit in starter_kits(site, subject, templates):
            kit.file, kit.text, kit.command, kit.title, kit.summary, kit.runnable

`lmodforge.kits.subject` says what a job can work in. `lmodforge.kits.render.starter_kits` gives the files of one
subject, in the order of their use, by the site's `scheduler.kind`:

* slurm, pbs: a batch script; with Jupyter in the subject, a script that runs it in a job and says how to connect
* htcondor: an executable and a submit file for the packed environment; nothing for what cannot be packed
* no scheduler: nothing

`packed_kits` gives the executable, and for HTCondor the submit file, of an archive that is made.

A site's own templates come first, as for modulefiles; those of kits are in `kits/` of a template directory. What a user
has to fill in is written `YOUR_...`, for example `pi-YOUR_PI`.
"""
