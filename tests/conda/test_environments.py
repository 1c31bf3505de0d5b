"""Environments from conda channels, the whole way: solved, locked, installed, finished, published, loaded."""


def test_an_environment_is_deployed_from_a_mirror_and_a_second_deploy_has_nothing_to_do(deployed):
    before = len(deployed.server.asked)
    again = deployed.deploy()
    assert (again.plan.changes, again.settled) == ((), True)
    assert deployed.server.asked[before:] == []
