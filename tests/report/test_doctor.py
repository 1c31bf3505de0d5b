"""A diagnosis as text and as a document."""

from lmodforge.finding import Finding
from lmodforge.report.doctor import doctor_json, doctor_text

FINDINGS = [
    Finding("lmod", "ok", "8.6.19 at /opt/lmod"),
    Finding("more shells", "warning", "modules cannot be tried in fish", "apt-get install -y fish"),
    Finding("index", "problem", "asked https://example.org for `pip`: no answer", "set HTTPS_PROXY"),
]


def test_each_finding_is_a_line_with_its_remedy_below():
    assert doctor_text(FINDINGS) == (
        "ok       lmod         8.6.19 at /opt/lmod\n"
        "warning  more shells  modules cannot be tried in fish\n"
        "                      mend: apt-get install -y fish\n"
        "problem  index        asked https://example.org for `pip`: no answer\n"
        "                      mend: set HTTPS_PROXY\n"
        "\n"
        "1 problem, 1 warning, 1 ok"
    )


def test_the_document_says_whether_the_host_is_healthy():
    assert doctor_json(FINDINGS) == {
        "version": 1,
        "healthy": False,
        "findings": [
            {"name": "lmod", "status": "ok", "message": "8.6.19 at /opt/lmod", "remedy": None},
            {
                "name": "more shells",
                "status": "warning",
                "message": "modules cannot be tried in fish",
                "remedy": "apt-get install -y fish",
            },
            {
                "name": "index",
                "status": "problem",
                "message": "asked https://example.org for `pip`: no answer",
                "remedy": "set HTTPS_PROXY",
            },
        ],
    }
    assert doctor_json(FINDINGS[:2])["healthy"] is True
