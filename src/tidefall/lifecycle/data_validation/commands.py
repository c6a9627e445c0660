"""What the commands of `tidefall data` do, each with the flags that `cli.py` has parsed."""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Sequence
from typing import Any

from tidefall.lifecycle.data_validation.progress import Bar

OK, BROKEN, USAGE = 0, 1, 2
"""Exit statuses: fine; the data break the schema; something could not be done."""


# --- data -----------------------------------------------------------------------------------------


def _options(flags: Any, schema: Any = None) -> Any:
    from tidefall.lifecycle.data_validation.options import (
        MEBIBYTE,
        SlicingConfig,
        SlicingSpec,
        StatsOptions,
    )

    slices = SlicingConfig([SlicingSpec([name]) for name in flags.slice]) if flags.slice else None
    return StatsOptions(
        schema=schema,
        weight_feature=flags.weight,
        sample_rate=flags.sample,
        threads=flags.threads,
        on=flags.on,
        memory_budget=flags.memory * MEBIBYTE,
        slicing_config=slices,
        on_bad_row="skip" if flags.skip_bad_rows else "fail",
        label_feature=getattr(flags, "label", None),
        order_features=[flags.time] if getattr(flags, "time", None) else (),
    )


def _statistics(flags: Any, data: Sequence[str], schema: Any = None) -> Any:
    """Statistics of files, or statistics that files hold."""
    from tidefall.lifecycle.data_validation.protos import load_statistics
    from tidefall.lifecycle.data_validation.statistics.generate import source_of
    from tidefall.lifecycle.data_validation.statistics.scan import scan

    if _holds_statistics(flags, data):
        return load_statistics(data[0])
    options = _options(flags, schema)
    source = source_of(list(data), options, flags.format, flags.delimiter)
    bar = None if flags.quiet or flags.json or not sys.stderr.isatty() else Bar()
    found = scan(source, options, bar, flags.work)
    if bar is not None:
        bar.end()
    if found.skipped:
        sys.stderr.write(f"{found.skipped:,} torn rows were left out.\n")
    return found.message()


def _holds_statistics(flags: Any, data: Sequence[str] | None = None) -> bool:
    from tidefall.lifecycle.data_validation.statistics.generate import format_of

    data = flags.data if data is None else data
    if flags.format or len(data) != 1:
        return flags.format == "stats"
    if os.path.isdir(data[0]):
        return os.path.exists(os.path.join(data[0], "FeatureStats.pb"))
    return data[0].endswith((".pb", ".pbtxt")) and not format_of(data[0])


# --- commands -------------------------------------------------------------------------------------


def stats(flags: Any) -> int:
    """Print statistics of files."""
    from tidefall.lifecycle.data_validation.protos import write_binary
    from tidefall.lifecycle.data_validation.report.rows import feature_rows

    found = _statistics(flags, flags.data)
    if flags.output:
        write_binary(found, flags.output)
    if flags.json:
        _print_message(found)
        return OK
    for dataset in found.datasets:
        title = f"{dataset.name}: " if dataset.name else ""
        print(f"{title}{dataset.num_examples:,} rows")
        rows = [
            [row.name, row.kind, f"{row.missing:.1%}", _joined(row.summary)]
            for row in feature_rows(dataset)
        ]
        _print_table(["feature", "type", "missing", "values"], rows)
    return OK


def schema(flags: Any) -> int:
    """Infer a schema, or make one fit."""
    from google.protobuf import text_format

    from tidefall.lifecycle.data_validation.protos import load_schema_text, write_schema_text
    from tidefall.lifecycle.data_validation.report.rows import schema_rows
    from tidefall.lifecycle.data_validation.schema.infer import infer_schema, update_schema

    found = _statistics(flags, flags.data)
    if flags.update:
        schema = update_schema(load_schema_text(flags.update), found)
    else:
        schema = infer_schema(found)
    if flags.output:
        write_schema_text(schema, flags.output)
    if flags.json:
        _print_message(schema)
    elif flags.output:
        features, domains = schema_rows(schema)
        _print_table(["feature", "type", "presence", "valency", "domain"], features)
        if domains:
            print()
            _print_table(["domain", "values"], domains)
    else:
        print(text_format.MessageToString(schema), end="")
    return OK


def validate(flags: Any) -> int:
    """Hold files against a schema."""
    from tidefall.lifecycle.data_validation.anomalies.explain import explain_anomalies
    from tidefall.lifecycle.data_validation.anomalies.validate import validate_statistics
    from tidefall.lifecycle.data_validation.protos import load_schema_text, write_anomalies_text

    schema = load_schema_text(flags.schema)
    found = _statistics(flags, flags.data, schema)
    anomalies = validate_statistics(found, schema, flags.environment)
    refused = _quarantine(flags, schema)
    if flags.output:
        write_anomalies_text(anomalies, flags.output)
    explained = explain_anomalies(anomalies, found)
    if flags.json:
        _print_json({"anomalies": [one.__dict__ for one in explained], "refused_rows": refused})
    else:
        nothing = "There are no rows." if anomalies.data_missing else "No anomalies found."
        print("\n".join(map(str, explained)) if explained else nothing)
        if refused:
            print(f"{refused:,} rows were written to {flags.quarantine}.")
    return BROKEN if explained or anomalies.data_missing else OK


def _quarantine(flags: Any, schema: Any) -> int:
    if not flags.quarantine:
        return 0
    if _holds_statistics(flags):
        raise ValueError("--quarantine needs the rows: statistics do not hold them")
    from tidefall.lifecycle.data_validation.contract.files import admitted_rows
    from tidefall.lifecycle.data_validation.statistics.generate import source_of

    source = source_of(list(flags.data), _options(flags), flags.format, flags.delimiter)
    rows = admitted_rows(source, schema, flags.environment, flags.quarantine)
    return sum(len({refusal.row for refusal in refusals}) for _, refusals in rows)


def drift(flags: Any) -> int:
    """Measure how far two data sets are apart."""
    from tidefall.lifecycle.data_validation.anomalies.explain import explain_anomalies
    from tidefall.lifecycle.data_validation.anomalies.validate import validate_statistics
    from tidefall.lifecycle.data_validation.protos import load_schema_text
    from tidefall.lifecycle.data_validation.report.rows import drift_rows

    found = _statistics(flags, flags.data)
    before = _statistics(flags, [flags.previous])
    schema = load_schema_text(flags.schema) if flags.schema else measuring_schema(before)
    anomalies = validate_statistics(found, schema, previous_statistics=before)
    rows = sorted(drift_rows(anomalies), key=lambda row: -row[3])
    explained = explain_anomalies(anomalies, found, before) if flags.schema else []
    drifted = [one for one in explained if one.type.startswith("COMPARATOR")]
    if flags.json:
        titles = ["feature", "comparison", "type", "value", "threshold"]
        measured = [dict(zip(titles, row, strict=True)) for row in rows]
        _print_json({"distances": measured, "drifted": [one.__dict__ for one in drifted]})
    else:
        shown = [
            [
                name,
                kind.lower().replace("_", " "),
                f"{value:.4g}",
                f"{most:.4g}" if flags.schema else "",
            ]
            for name, _, kind, value, most in rows
        ]
        _print_table(["feature", "distance", "value", "allowed"], shown)
        if drifted:
            print("\n" + "\n".join(map(str, drifted)))
    return BROKEN if drifted else OK


def measuring_schema(statistics: Any) -> Any:
    """A schema that makes every distance be measured and allows all."""
    from tidefall.lifecycle.data_validation.schema.infer import infer_schema

    schema = infer_schema(statistics)
    for feature in schema.feature:
        if feature.type == 1:
            feature.drift_comparator.infinity_norm.threshold = 1.0
        feature.drift_comparator.jensen_shannon_divergence.threshold = 1.0
    return schema


def hints(flags: Any) -> int:
    """Look for what is wrong beyond a schema."""
    from tidefall.lifecycle.data_validation.anomalies.hints import find_hints

    found = find_hints(
        _statistics(flags, flags.data),
        _statistics(flags, [flags.previous]) if flags.previous else None,
        label=flags.label,
        time_feature=flags.time,
        max_age_seconds=flags.max_age,
        key_feature=flags.key,
    )
    told = [(name, info.description) for name, info in sorted(found.anomaly_info.items())]
    if found.HasField("dataset_anomaly_info"):
        told.append(("all rows", found.dataset_anomaly_info.description))
    if flags.json:
        _print_json([{"feature": name, "hint": words} for name, words in told])
    elif told:
        _print_table(["feature", "hint"], [list(one) for one in told])
    else:
        print("Nothing looks wrong.")
    return BROKEN if told else OK


def report(flags: Any) -> int:
    """Write one page of it all."""
    from tidefall.io.file_systems.whole_files import whole_file
    from tidefall.lifecycle.data_validation.anomalies.explain import explain_anomalies
    from tidefall.lifecycle.data_validation.anomalies.validate import validate_statistics
    from tidefall.lifecycle.data_validation.protos import load_schema_text
    from tidefall.lifecycle.data_validation.report.page import statistics_page

    schema = load_schema_text(flags.schema) if flags.schema else None
    found = _statistics(flags, flags.data, schema)
    before = _statistics(flags, [flags.previous]) if flags.previous else None
    anomalies = None if schema is None else validate_statistics(found, schema, None, before)
    explained = [] if anomalies is None else explain_anomalies(anomalies, found, before)
    page = statistics_page(
        found,
        before,
        names=(os.path.basename(flags.data[0]), os.path.basename(flags.previous or "")),
        anomalies=anomalies,
        explanations=explained,
    )
    with whole_file(flags.output) as file:
        file.write(page.encode())
    if flags.json:
        _print_json(
            {"page": flags.output, "bytes": len(page.encode()), "anomalies": len(explained)}
        )
    else:
        print(f"{flags.output}: {len(page.encode()):,} bytes, {len(explained)} anomalies")
    return OK


def parity(flags: Any) -> int:
    """Compare a model here with one on a server."""
    from itertools import islice

    from tidefall.io.records.tfrecord import read_records
    from tidefall.lifecycle.data_validation.parity import (
        Parity,
        RestServer,
        compare_features_with_server,
        compare_with_server,
    )
    from tidefall.lifecycle.data_validation.sources.files import is_gzip, matching

    files = matching(flags.records)
    records = (r for path in files for r in read_records(path, "GZIP" if is_gzip(path) else ""))
    chosen = list(islice(records, flags.limit))
    server = RestServer(flags.server, flags.name or _model_name(flags.model))

    found = compare_with_server(
        flags.model,
        chosen,
        lambda inputs: server.predict(flags.signature, inputs),
        flags.signature,
        flags.tolerance,
    )
    features = Parity(0, {}, {})
    if flags.transform:
        features = compare_features_with_server(
            flags.transform,
            chosen,
            lambda inputs: server.predict(flags.features_signature, inputs),
            flags.tolerance,
        )
    is_equal = found.is_equal and features.is_equal
    if flags.json:
        more = {"features": features.__dict__} if flags.transform else {}
        _print_json({**found.__dict__, **more, "equal": is_equal})
        return OK if is_equal else BROKEN
    print(f"{found.records:,} records")
    for what, differences in (("output", found), ("feature", features)):
        for name, (rows, most) in differences.differences.items():
            print(f"{what} {name!r}: {rows:,} rows differ, by up to {most:.4g}")
    for reason, count in found.refusals.items():
        print(f"{count:,} rows break the model's schema: {reason}")
    if flags.transform and features.is_equal:
        print(f"{len(features.compared)} features agree: {', '.join(features.compared)}.")
    if is_equal:
        print("The model and the server agree.")
    return OK if is_equal else BROKEN


def _model_name(path: str) -> str:
    """The name of a model whose folder may be that of a version."""
    folder = os.path.normpath(os.path.abspath(path))
    base = os.path.basename(folder)
    return os.path.basename(os.path.dirname(folder)) if base.isdigit() else base


# --- output ---------------------------------------------------------------------------------------


def _joined(summary: dict[str, str]) -> str:
    return "  ".join(f"{word} {text}" for word, text in summary.items())


def _print_table(titles: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    from tidefall.lifecycle.data_validation.report.rows import text_table

    print(text_table(titles, rows, max(60, shutil.get_terminal_size((100, 24)).columns)))


def _print_message(message: Any) -> None:
    from google.protobuf import json_format

    print(json_format.MessageToJson(message, preserving_proto_field_name=True))


def _print_json(value: Any) -> None:
    print(json.dumps(value, default=str))
