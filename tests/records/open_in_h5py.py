"""Opens the result file of sample_record() as a reader of papers would: python3 open_in_h5py.py FILE. Exit code 77: no h5py."""
import math
import sys

try:
    import h5py
except ImportError:
    sys.exit(77)

with h5py.File(sys.argv[1], "r") as file:
    assert file.attrs["paper"] == "all-cnn" and file.attrs["seed"] == -7 and file.attrs["schema_version"] == 4
    assert set(file) == {"digests", "epoch", "evaluations", "images", "metrics", "phases", "predictions", "provenance", "recipe", "results", "steps", "tables", "timing", "weights"}
    assert file["recipe/toml"].asstr()[()].endswith("# größer\n")
    assert file["provenance"].attrs["isa"] == "avx512_core" and len(file["provenance"].attrs["git_diff"]) == 70000
    assert list(file["provenance/deviations"].asstr()) == ["350 → 3 epochs", ""]
    for path in ("metrics/train_loss", "metrics/test_error", "timing/epoch_seconds", "digests/weights"):
        assert list(file[path].dims[0].keys()) == ["epoch"], path
        assert list(file[path].dims[0]["epoch"]) == [0, 1, 2.5], path
    assert h5py.h5ds.is_scale(file["epoch"].id)
    assert file["metrics/test_error"].attrs["units"] == "percent" and math.isnan(file["metrics/test_error"][1])
    assert file["predictions/labels"].shape == (300,) and file["predictions/predictions"][1] == 7
    assert file["predictions/labels"].compression == "gzip" and file["predictions/labels"].shuffle and file["predictions/labels"].fletcher32
    assert file["results/sparsity"][()] == 1e308 and file["results/sparsity"].attrs["better"] == "higher"
    scores = file["evaluations/dense/scores"]
    assert scores.dtype == "float16" and scores.shape == (300, 3) and abs(scores[299, 2] - 1 / 3) < 1e-3 and scores.attrs["long_name"] == "probabilities"
    assert file["evaluations/dense/results/test_error"][()] == 12.5 and file["evaluations/dense/results/top5_error"].attrs["units"] == "percent"
    assert list(file["steps/train_loss"]) == [2.25, 1.5, 0.125] and list(file["steps/train_loss"].dims[0]["step"]) == [10, 20, 25]
    assert list(file["tables/sweep/error"].dims[0]["p"]) == [0.1, 0.5, 0.9]
    maps = file["images/maps"]
    assert maps.shape == (2, 4, 5, 3) and maps.dtype == "uint8" and list(maps.attrs["captions"]) == ["a", "ü"] and maps.attrs["CLASS"] == "IMAGE"
    assert file["weights/conv1.weight"].shape == (2, 3, 1) and file["weights/tau"][()] == 0.5

try:
    import netCDF4
except ImportError:
    sys.exit(0)

with netCDF4.Dataset(sys.argv[1]) as dataset:
    assert dataset["metrics/test_error"].dimensions == ("epoch",) and dataset.dimensions["epoch"].size == 3
    assert dataset["metrics/test_error"].units == "percent"
    assert dataset["tables/sweep/error"].dimensions == ("p",)
