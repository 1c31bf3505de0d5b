"""Whoever runs the tests, as the user database has them: root in CI, anybody on a machine of their own."""

import os
import pwd

ME = pwd.getpwuid(os.geteuid()).pw_name
