// SPDX-License-Identifier: Apache-2.0
//
// Options that say where sessions and names come from. Each group turns into the driver's plain settings.

import ArgumentParser
import SiltDriver
import SiltSymbols

/// Where sessions are looked for.
struct CatalogOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Look for sessions in this SILT_DIR only (default: $SILT_DIR, /dev/shm/silt-<uid> and /tmp/silt-<uid>).",
            valueName: "folder"))
    var dir: String?

    var driver: Driver { Driver(directory: dir, reporter: .terminal) }
}

/// Where names come from.
struct SymbolOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp("A copy of the profiled machine's files (default: this machine's).", valueName: "folder"))
    var sysroot: String?

    @Option(
        help: ArgumentHelp(
            "Where separate debug files are; may be repeated (default: none; /usr/lib/debug is always searched).",
            valueName: "folder"))
    var debugDir: [String] = []

    @Flag(help: "Read names from the object files anew, and keep none (default: kept in SILT_CACHE, see silt(1)).")
    var noCache = false

    var settings: Symbolizer.Options {
        Symbolizer.Options(sysroot: sysroot, debugDirectories: debugDir, cache: noCache ? nil : .own)
    }
}

/// What all reports on profiles have in common.
struct InputOptions: ParsableArguments {
    @OptionGroup var place: CatalogOptions
    @OptionGroup var symbols: SymbolOptions

    @Flag(help: "A name stands for all its sessions: they are added up.")
    var merge = false

    @Flag(help: "Keep the processes that are added up apart.")
    var byProcess = false

    var driver: Driver {
        Driver(
            directory: place.dir, symbols: symbols.settings, merges: merge, keepsProcessesApart: byProcess,
            reporter: .terminal)
    }
}

/// A snapshot that is subtracted.
struct ComparisonOptions: ParsableArguments {
    @Option(help: ArgumentHelp("Show what changed since this snapshot (default: what there is).", valueName: "file"))
    var base: String?
}
