// SPDX-License-Identifier: Apache-2.0
//
// `accuracy [runs]`: prints the tables that Benchmarks/accuracy/README.md keeps.

@main
struct Accuracy {
    static func main() {
        let runs = CommandLine.arguments.dropFirst().first.flatMap { Int($0) } ?? 1000
        measureCoverage(runs: runs)
        measureFalseAlarms(diffs: max(200, runs / 2))
        measureDetection(runs: max(20, runs / 20))
        measureSharpness(runs: max(10, runs / 40))
        checkDraws(runs: runs)
    }
}
