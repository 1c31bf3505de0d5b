"""The Invoke namespace: parse, call one function, print; what a task needs is imported when it runs."""

from invoke.collection import Collection

from lmodforge.tasks.checkout import bench, test
from lmodforge.tasks.deploying import deploy, plan, prune, rollback, status
from lmodforge.tasks.files import check, init, lock, mirror, render, schema
from lmodforge.tasks.proving import doctor, verify
from lmodforge.tasks.users import docs, find, kits, pack, usage

namespace = Collection(
    init,
    check,
    schema,
    lock,
    mirror,
    plan,
    deploy,
    status,
    rollback,
    prune,
    render,
    kits,
    pack,
    verify,
    docs,
    find,
    doctor,
    test,
    bench,
)
namespace.add_collection(Collection("report", usage))
