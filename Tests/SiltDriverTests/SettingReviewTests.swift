// SPDX-License-Identifier: Apache-2.0
//
// What is said of SILT_ variables that do not do what they seem to.

import Testing

@testable import SiltDriver

@Suite struct SettingReviewTests {
    private func sentences(_ environment: [String: String]) -> [String] {
        SettingReview.findings(in: environment).map(\.text)
    }

    @Test func whatIsRightIsNotSpokenOf() {
        #expect(
            sentences([
                "SILT_INTERVAL": "64k", "SILT_DIR": "/srv", "SILT_SHIM": "/lib/libsilt.so", "PATH": "", "SILTED": "1",
            ]) == [])
    }

    @Test func whatTheShimMakesOfAValueIsToldInOrderOfNames() {
        #expect(
            sentences([
                "SILT_UNWIND": "dwarf", "SILT_SIGNAL": "KILL", "SILT_INTERVAL": "64 k", "SILT_CAPACITY": "1k",
                "SILT_DIR": "", "SILT_MAX_OVERHEAD": "0.5",
            ]) == [
                "SILT_CAPACITY=1k is out of bounds: 1048576 is used",
                "SILT_DIR is empty: the usual directories are used",
                "SILT_INTERVAL=64 k makes no sense: 524288 is used",
                "SILT_MAX_OVERHEAD=0.5 makes no sense (it may be a percentage such as 0.5%): there is no ceiling",
                "SILT_SIGNAL=KILL makes no sense: signal 12 is used",
                "SILT_UNWIND=dwarf makes no sense (it may be cfi, fp, libunwind): cfi is used",
            ])
    }

    /// To the shim, m is a unit of bytes: ten million seconds.
    @Test func aTimeWithAUnitIsToldForItIsNotWhatItSeems() {
        #expect(
            sentences(["SILT_DUMP_EVERY": "10m"]) == [
                "SILT_DUMP_EVERY=10m counts seconds, in units of 1024: if 10m of time is meant, write 600"
            ])
        #expect(sentences(["SILT_DUMP_EVERY": "600"]) == [])
        #expect(sentences(["SILT_DUMP_EVERY": "1h"]) == ["SILT_DUMP_EVERY=1h makes no sense: 0 is used"])
    }

    @Test func aNameThatIsNoneIsToldWithTheOneThatIsNear() {
        #expect(
            sentences(["SILT_INTERVALL": "1", "SILT_KEEP_BYTE": "1", "SILT_COLOUR_SCHEME": "x"]) == [
                "SILT_COLOUR_SCHEME is no setting of libsilt.so, and changes nothing",
                "SILT_INTERVALL is no setting of libsilt.so, and changes nothing: did you mean SILT_INTERVAL?",
                "SILT_KEEP_BYTE is no setting of libsilt.so, and changes nothing: did you mean SILT_KEEP_BYTES?",
            ])
    }
}
