"""What the first suggestion needs is loaded by the warm-up, not by the event loop."""

import subprocess
import sys

_PAGES = {
    "md": "# Salt\n\n| Boats | Fish |\n|---|---|\n| two | none |\n\n- The boats came in late.\n- Nobody met them",
    "txt": "The boats came in late.\n\n* * *\n\nNobody met them",
    "fountain": "INT. QUAY - NIGHT\n\nThe boats come in late. Nobody meets them",
    "org": "* Salt\n\n#+begin_verse\nThe boats came in late\n#+end_verse\n\nNobody met them",
    "tex": "\\section{Salt}\n\nThe boats \\emph{came} in late. Nobody met them",
}
_PROGRAM = f"""
import sys
from ownhand.suggestions.moment import Moment
from ownhand.suggestions.place import Place, read_place
from ownhand.suggestions.shaping import Surroundings, shape
from ownhand.suggestions.warm_up import warm_up

warm_up()
loaded = set(sys.modules)
for language, page in {_PAGES!r}.items():
    place = read_place(Moment("", 0, page, "\\n", language, invoked=True))
    assert isinstance(place, Place), (language, place)
    shape(" but the dog, « Non ! » she said.", Surroundings(place, "\\n"))
print(*sorted(set(sys.modules) - loaded))
"""


def test_a_first_suggestion_loads_nothing_more() -> None:
    done = subprocess.run([sys.executable, "-c", _PROGRAM], capture_output=True, text=True, check=True, timeout=50)
    assert done.stdout.split() == []
