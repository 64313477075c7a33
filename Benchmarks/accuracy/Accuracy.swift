// SPDX-License-Identifier: Apache-2.0
//
// `accuracy [runs] [figures|sizes|courses|leaks|forecasts|gates|replicas]`: prints the tables that Benchmarks/accuracy/README.md keeps.

@main
struct Accuracy {
    static func main() {
        let arguments = CommandLine.arguments.dropFirst()
        let runs = arguments.first.flatMap { Int($0) } ?? 1000
        let part = arguments.dropFirst().first
        if part == nil || part == "sizes" { measureMixedSizes(runs: runs) }
        if part == nil || part == "figures" {
            measureCoverage(runs: runs)
            measureFalseAlarms(diffs: max(200, runs / 2))
            measureDetection(runs: max(20, runs / 20))
            measureSharpness(runs: max(10, runs / 40))
            checkDraws(runs: runs)
        }
        if part == nil || part == "courses" { measureCourses(runs: max(2, runs / 100)) }
        if part == nil || part == "leaks" { measurePlainLeaks(runs: runs) }
        if part == nil || part == "forecasts" { measureForecasts(runs: max(2, runs / 50)) }
        if part == nil || part == "gates" {
            measureGates(runs: max(20, runs))
            measureCourseSpeed(functions: 200)
        }
        if part == nil || part == "replicas" { measureFleets(runs: runs) }
    }
}
