"""Input pipelines as PyTorch's DataLoader does them, where it has a way to."""

import torch
from torch.utils.data import DataLoader, Dataset, TensorDataset

from benchmarks import timing
from benchmarks.input_tensorflow_api import digits, seconds


class Prepared(Dataset):
    """Rows of arrays, each made ready by itself."""

    def __init__(self):
        pictures, labels = digits()
        self.pictures, self.labels = torch.from_numpy(pictures), torch.from_numpy(labels)

    def __len__(self):
        return len(self.labels)

    def __getitem__(self, index):
        label = torch.nn.functional.one_hot(self.labels[index], 10)
        return self.pictures[index] / 255.0 - 0.5, label


class Squares(torch.utils.data.IterableDataset):
    """Numbers that pass a filter, one by one."""

    def __iter__(self):
        for n in range(60_000):
            if n % 3 > 0:
                yield n * n + 1


def input_slices():
    pictures, labels = digits()
    dataset = TensorDataset(torch.from_numpy(pictures), torch.from_numpy(labels))
    return DataLoader(dataset, batch_size=128, shuffle=True)


def input_map():
    return DataLoader(Prepared(), batch_size=128)


def input_filter():
    return DataLoader(Squares(), batch_size=128)


if __name__ == "__main__":
    timing.main(
        {"torch": torch.__version__},
        {
            case.__name__: lambda clock, case=case: {"eager": seconds(case(), clock)}
            for case in (input_slices, input_map, input_filter)
        },
        timing.parser().parse_args(),
    )
