"""What people who work on lmodforge run: host packages for the tests, and the checks that CI runs."""
