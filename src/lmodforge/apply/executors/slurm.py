"""As jobs of Slurm: what a deploy that was lost has left running is taken up, the rest is submitted."""

from __future__ import annotations

import shlex
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass

from lmodforge.apply.build import Builder
from lmodforge.apply.executors.slurm_client import ENDED, Slurm, SlurmSilent, Task
from lmodforge.apply.executors.slurm_follow import Followed, follow
from lmodforge.apply.executors.slurm_work import Orders, Work, signature_of
from lmodforge.apply.mirror.layer import Layer
from lmodforge.apply.workshop import Workshop
from lmodforge.errors import StepFailed
from lmodforge.plan.actions import AdoptPrefix, Plan
from lmodforge.plan.jobs import Batch, Step, batches_of, sbatch_options, steps_of

_PATIENCE = 60.0
"""Seconds until a job that was cancelled must be gone: Slurm waits for `KillWait`, 30 s, before it kills."""


@dataclass(frozen=True)
class OnSlurm:
    """Each step is a task of an array; this host submits, follows and, later, publishes."""

    workshop: Workshop
    builder: Builder
    leave: bool = False
    """On ^C: leave the jobs alone, for the next deploy to take up."""

    def carry_out(self, plan: Plan) -> None:
        """Take up, submit, follow; when this ends early, cancel."""
        slurm = Slurm(self.workshop.system)
        for install in plan.installs:
            if isinstance(install, AdoptPrefix):
                self.builder.install(install)
        steps, followed = take_up(self.workshop, slurm, steps_of(plan, self.workshop.site))
        try:
            if steps:
                self.submit(slurm, steps, followed, self.orders([*(each.step for each in followed), *steps]))
            failures = follow(followed, self.workshop, slurm)
        except BaseException as error:
            if not self._leaves(error):
                clear(self.workshop, slurm)
            raise
        for work in works(self.workshop):
            work.remove()
        if failures:
            raise StepFailed.together(failures)
        Layer(self.workshop).remove()

    def orders(self, steps: Sequence[Step]) -> Orders:
        """Say what jobs build from: the mirror that was given, else a layer of what all of these steps need."""
        site, logs, mirror = self.workshop.site, self.workshop.logs, self.workshop.mirror
        if mirror:
            return Orders(site, logs, mirror.folder)
        layer = Layer(self.workshop)
        alone = layer.fill(steps)
        return Orders(site, logs, layer.folder, frozenset(signature_of(step.action) for step in alone))

    def _leaves(self, error: BaseException) -> bool:
        """Say whether jobs go on without us: somebody wants it, or nobody answers who could cancel them."""
        return isinstance(error, SlurmSilent) or (self.leave and isinstance(error, KeyboardInterrupt))

    def submit(self, slurm: Slurm, steps: Sequence[Step], followed: list[Followed], orders: Orders) -> None:
        """Submit, and add it to what is followed."""
        logs = orders.logs
        name = f"lmodforge-{self.workshop.site.name}-{logs.rpartition('/')[2]}"
        work = Work(self.workshop.system, f"{self.workshop.layout.jobs}/{name}")
        work.write_orders(orders)
        for number, batch in enumerate(batches_of(steps, slurm.longest_array())):
            work.write_batch(number, batch)
            job = self._submit_batch(slurm, work, number, batch, followed)
            followed += [Followed(step, work, number, index, job, logs) for index, step in enumerate(batch.steps)]

    def _submit_batch(self, slurm: Slurm, work: Work, number: int, batch: Batch, followed: Sequence[Followed]) -> str:
        needed = next((each for each in followed if batch.needs and each.step.path == batch.needs), None)
        program = [sys.executable, "-I", "-m", "lmodforge.commands.job", work.directory, str(number)]
        return slurm.submit(
            work.job_name(number),
            f'#!/bin/sh\nexec {shlex.join(program)} "$SLURM_ARRAY_TASK_ID"\n',
            tasks=len(batch.steps),
            options=[f"--output={self.workshop.logs}/slurm-{number}-%a.out", *sbatch_options(batch.job)],
            after=f"{needed.job}_{needed.index}" if needed else "",
        )


def works(workshop: Workshop) -> list[Work]:
    """Return what was written for jobs of this and of earlier deploys."""
    jobs = workshop.layout.jobs
    return [Work(workshop.system, f"{jobs}/{name}") for name in workshop.system.names(jobs)]


def take_up(workshop: Workshop, slurm: Slurm, steps: Sequence[Step]) -> tuple[list[Step], list[Followed]]:
    """Find jobs of an earlier deploy that do what is to be done, and end its others.

    Return the steps that are left, without what such a job has finished since the plan was made; and what goes on.
    """
    wanted = {signature_of(step.action): step for step in steps}
    followed, stray = [], []
    for work, number, task in _active(workshop, slurm):
        step = wanted.pop(work.signature(f"{number}-{task.index}"), None)
        if step is None:
            stray.append(task)
            continue
        followed.append(Followed(step, work, number, task.index, task.job, work.orders().logs))
        workshop.progress.state(step.subject, f"taken up: job {followed[-1].id}")
    _end(slurm, stray)
    kept = {each.work for each in followed}
    for work in works(workshop):
        for signature in _finished(work):
            _drop_made(wanted, signature, workshop)
        if work not in kept:
            work.remove()
    return list(wanted.values()), followed


def _finished(work: Work) -> list[str]:
    """Return the signatures of what jobs have done."""
    return [work.signature(task) for task in sorted(work.ended()) if work.failures(task) == []]


def _drop_made(wanted: dict[str, Step], signature: str, workshop: Workshop) -> None:
    """Strike a step whose job has finished it, unless somebody has removed what it made."""
    step, stat = wanted.get(signature), workshop.system.stat
    if step and stat(step.path) and stat(workshop.layout.receipt(step.path)):
        del wanted[signature]
        workshop.progress.done(step.subject, "ready: a job of an earlier deploy made it")


def clear(workshop: Workshop, slurm: Slurm) -> None:
    """End all jobs that build for this site; raises StepFailed when they do not end."""
    _end(slurm, [task for _, _, task in _active(workshop, slurm)])
    for work in works(workshop):
        work.remove()


def _active(workshop: Workshop, slurm: Slurm) -> list[tuple[Work, int, Task]]:
    named = {work.job_name(number): (work, number) for work in works(workshop) for number in work.batches()}
    tasks = slurm.tasks(sorted(named))
    return [(*named[task.name], task) for task in tasks if task.state not in ENDED]


def _end(slurm: Slurm, tasks: Sequence[Task]) -> None:
    if not tasks:
        return
    slurm.cancel(sorted({f"{task.job}_{task.index}" for task in tasks}))
    deadline = time.monotonic() + _PATIENCE
    ended = {(task.job, task.index) for task in tasks}
    names = sorted({task.name for task in tasks})
    while any((task.job, task.index) in ended and task.state not in ENDED for task in slurm.tasks(names)):
        if time.monotonic() > deadline:
            raise StepFailed("jobs that were cancelled do not end", f"look: squeue --name={','.join(names)}")
        time.sleep(0.5)
