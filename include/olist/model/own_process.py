"""Functions that need big libraries, called in a Python process of their own.

scikit-learn takes 130 MB and matplotlib 60 MB for a second of work. Airflow keeps a task's process, and
`make run` the whole run, for much longer; in a process of its own such memory ends with the call. The child
imports the function's module and what that needs, never Airflow. It has nothing but its pipes: where its
caller is killed, it ends by itself at the latest when there is nobody to answer to.
"""

import importlib
import os
import pickle
import signal
import subprocess
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

from olist.exceptions import AGAIN, OutageError

INCLUDE = Path(__file__).resolve().parents[2]
# The libraries would start a thread with its buffers for each core; what is called here works on one.
ONE_THREAD = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}


def call(
    function: Callable[..., Any], *arguments: Any, needs: str, what: str, without: tuple[str, ...] = ()
) -> Any:
    """What `function(*arguments)` returns or raises; all of it has to be picklable.

    The process imports the library `needs`, as if those of `without` were not installed. Where it is imported
    already, another process would save nothing: then the call is an ordinary one. Raises OutageError, with
    `what` in its sentence, if the process ends without an answer.
    """
    if needs in sys.modules:
        return function(*arguments)
    child = subprocess.run(
        # -P: whatever lies in the current folder is not imported.
        [sys.executable, "-P", "-m", "olist.model.own_process"],
        input=pickle.dumps((needs, without)) + pickle.dumps((function, arguments)),
        stdout=subprocess.PIPE,
        env=os.environ | ONE_THREAD | {"PYTHONPATH": _python_path()},
    )
    if child.returncode:
        how = f"exit status {child.returncode}, its own words are above"
        if child.returncode < 0:
            how = f"killed by {signal.Signals(-child.returncode).name}, as where memory runs out"
        raise OutageError(f"The process for {what} ended without a result ({how}): {AGAIN}.")
    answer, error = pickle.loads(child.stdout)
    if error is not None:
        raise error
    return answer


def main() -> None:
    """The child: reads pickled (needs, without) and (function, arguments), writes (answer, error)."""
    # Ctrl-C reaches the child too, but it is for the caller to say something.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    # Whatever a library prints must not get into the answer.
    output = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    needs, without = pickle.load(sys.stdin.buffer)
    absent = dict.fromkeys(without)
    sys.modules.update(absent)
    importlib.import_module(needs)
    for name in absent:
        del sys.modules[name]
    function, arguments = pickle.load(sys.stdin.buffer)
    try:
        said = pickle.dumps((function(*arguments), None))
    except Exception as error:
        # A traceback cannot be pickled, and the caller's own ends at the pipe.
        error.add_note(f"in a process of its own:\n{traceback.format_exc()}")
        said = pickle.dumps((None, error))
    with output:
        output.write(said)


def _python_path() -> str:
    return os.pathsep.join(filter(None, (str(INCLUDE), os.environ.get("PYTHONPATH"))))


if __name__ == "__main__":
    main()
