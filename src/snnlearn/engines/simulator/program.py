"""A program for the time loop while it is written, and running it."""

from typing import Any

import numpy as np

from snnlearn.engines.simulator import loop
from snnlearn.engines.simulator.rows import ROW, Kind
from snnlearn.engines.simulator.sampling import recorded

#: Numbers of at least so many begin at a multiple of it, and each population's spikes do.
WIDE = 8


class Program:
    """Rows, and the numbers that they work on.

    Parameters
    ----------
    stimuli : int
        How many columns the stimuli have. Columns of numbers that are drawn follow.

    Attributes
    ----------
    size : int
        How many numbers the memory has.
    """

    def __init__(self, stimuli: int = 0) -> None:
        self.size = 0
        self._columns = stimuli
        self._values: list[tuple[int, np.ndarray]] = []
        self._constants: dict[tuple[bytes, tuple[int, ...]], int] = {}
        self._rows: list[dict[str, Any]] = []
        self._places: list[np.ndarray] = [np.empty(0, np.uint64)]
        self._n_places = 0
        self._populations = 0
        self._n_spikes = 0
        self._recorded: dict[str, tuple[tuple[int, ...], dict[str, Any]]] = {}

    def allocate(self, values: np.ndarray) -> int:
        """Put numbers into the memory, which rows may change.

        Parameters
        ----------
        values : numpy.ndarray of float64, any shape
            The numbers before the first step.

        Returns
        -------
        int
            Where they begin.
        """
        if values.size >= WIDE:
            self.size += -self.size % WIDE
        begin = self.size
        self._values.append((begin, values.reshape(-1)))
        self.size += values.size
        return begin

    def constant(self, values: np.ndarray) -> int:
        """Put constants into the memory; equal ones, such as an ensemble's decoders, only once.

        Parameters
        ----------
        values : numpy.ndarray of float64, any shape
            The constants; those of another shape are others.

        Returns
        -------
        int
            Where they begin.
        """
        key = values.tobytes(), values.shape
        if key not in self._constants:
            self._constants[key] = self.allocate(values)
        return self._constants[key]

    def places(self, places: np.ndarray) -> int:
        """Write down a list of places in the memory.

        Parameters
        ----------
        places : numpy.ndarray of int, any shape
            The places.

        Returns
        -------
        int
            Where the list begins, among all lists.
        """
        begin = self._n_places
        self._places.append(places.reshape(-1).astype(np.uint64))
        self._n_places += places.size
        return begin

    def population(self, size: int) -> dict[str, int]:
        """Make room for the spikes of some neurons, and say which fields of rows tell where."""
        fields = {"population": self._populations, "spikes": self._n_spikes}
        self._populations += 1
        self._n_spikes += WIDE * (size // WIDE + 1)
        return fields

    def draw(self, size: int) -> int:
        """Append a row that takes numbers drawn for this step, and say where it puts them."""
        to = self.allocate(np.zeros(size))
        self.emit(Kind.STIMULUS, to=to, of=self._columns, size=size)
        self._columns += size
        return to

    def emit(self, kind: Kind, **fields: Any) -> None:
        """Append a row; fields that are not named are zero."""
        self._rows.append({"kind": kind, **fields})

    def pick(self, to: np.ndarray, of: np.ndarray, adds: bool = False) -> None:
        """Append a row that copies single numbers, or adds them to others.

        Parameters
        ----------
        to, of : numpy.ndarray of int, of one shape
            Where in the memory they go, and come from.
        adds : bool
            Whether they are added.
        """
        fields = {"to": self.places(to), "of": self.places(of), "size": to.size}
        self.emit(Kind.PICK, adds=adds, **fields)

    def record(self, name: str, of: int, shape: tuple[int, ...], period: float = 1.0) -> None:
        """Record numbers at the end of each step, or once in some steps."""
        state = self.allocate(np.zeros(1))
        size = int(np.prod(shape))
        self._recorded[name] = shape, {"of": of, "size": size, "state": state, "factor": period}

    def run(self, stimuli: np.ndarray) -> dict[str, np.ndarray]:
        """Run the program from the beginning.

        Parameters
        ----------
        stimuli : numpy.ndarray of float64, shape (steps, columns)
            What depends on the time only, and what is drawn.

        Returns
        -------
        dict of str to numpy.ndarray, shape (steps recorded, *shape of what is recorded)
            What was recorded.
        """
        rows, data, end = list(self._rows), {}, 0
        sizes = {
            name: fields["size"] * len(recorded(len(stimuli), fields["factor"]))
            for name, (_, fields) in self._recorded.items()
        }
        records = np.empty(sum(sizes.values()))
        for name, (shape, fields) in self._recorded.items():
            rows.append({"kind": Kind.RECORD, "to": end, **fields})
            begin, end = end, end + sizes[name]
            data[name] = records[begin:end].reshape(-1, *shape)
        spiked = np.zeros(self._n_spikes, np.uint8)
        loop.run(
            np.array([tuple(row.get(name, 0) for name in ROW.names or ()) for row in rows], ROW),
            self._memory(),
            np.concatenate(self._places),
            np.ascontiguousarray(stimuli),
            records,
            spiked,
            spiked.view(np.uint64),
            np.zeros(self._n_spikes, np.int32),
            np.zeros(self._populations, np.uint64),
        )
        return data

    def _memory(self) -> np.ndarray:
        memory = np.zeros(self.size)
        for begin, values in self._values:
            memory[begin : begin + values.size] = values
        return memory
