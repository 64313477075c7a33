// SPDX-License-Identifier: Apache-2.0
//
// Figures in the two text forms that Prometheus and its like read: its own, version 0.0.4, and OpenMetrics 1.0.0. What the
// figures are is decided elsewhere.

/// One figure of many things, told apart by labels.
struct MetricFamily: Sendable {
    enum Kind: String, Sendable { case gauge, counter }

    struct Sample: Sendable {
        var labels: MetricLabels
        var value: Double
    }

    /// A counter's ends in `_total`.
    var name: String
    var help: String
    var kind: Kind
    var samples: [Sample] = []

    init(_ name: String, _ help: String, _ kind: Kind = .gauge) {
        self.name = name
        self.kind = kind
        self.help = help
    }

    mutating func add(_ value: Double?, _ labels: MetricLabels) {
        if let value { samples.append(Sample(labels: labels, value: value)) }
    }

    mutating func add(_ value: UInt64?, _ labels: MetricLabels) {
        add(value.map { Double($0) }, labels)
    }
}

/// What tells one thing from others, in the form that it has in the text: made once for all figures of the thing.
struct MetricLabels: Sendable, ExpressibleByArrayLiteral {
    private let pairs: String

    init(arrayLiteral labels: (name: String, value: String)...) { self.init(labels) }

    private init(_ labels: [(name: String, value: String)]) {
        pairs = labels.map { "\($0.name)=\"\(escaped($0.value, quotes: true))\"" }.joined(separator: ",")
    }

    private init(pairs: String) { self.pairs = pairs }

    static func + (labels: Self, more: Self) -> Self {
        Self(pairs: [labels.pairs, more.pairs].filter { !$0.isEmpty }.joined(separator: ","))
    }

    fileprivate var text: String { pairs.isEmpty ? "" : "{\(pairs)}" }
}

/// A form of the text.
enum Exposition: Sendable {
    case prometheus, openMetrics

    /// As a client prefers it; Prometheus asks for OpenMetrics first.
    init(accept: String?) {
        self = (accept ?? "").contains("application/openmetrics-text") ? .openMetrics : .prometheus
    }

    var type: String {
        switch self {
        case .prometheus: "text/plain; version=0.0.4; charset=utf-8"
        case .openMetrics: "application/openmetrics-text; version=1.0.0; charset=utf-8"
        }
    }

    /// Families without samples are left out.
    func text(_ families: [MetricFamily]) -> String {
        var text = ""
        for family in families where !family.samples.isEmpty {
            // OpenMetrics names a counter without what its samples end in.
            let isBare = self == .openMetrics && family.kind == .counter && family.name.hasSuffix("_total")
            let name = isBare ? String(family.name.dropLast(6)) : family.name
            text += "# HELP \(name) \(escaped(family.help, quotes: self == .openMetrics))\n"
            text += "# TYPE \(name) \(family.kind.rawValue)\n"
            for sample in family.samples {
                text += family.name
                text += sample.labels.text
                text += " \(Self.number(sample.value))\n"
            }
        }
        return self == .openMetrics ? text + "# EOF\n" : text
    }

    private static func number(_ value: Double) -> String {
        if value.isNaN { return "NaN" }
        if value.isInfinite { return value < 0 ? "-Inf" : "+Inf" }
        return Int(exactly: value).map(String.init) ?? "\(value)"
    }
}

private func escaped(_ text: String, quotes: Bool) -> String {
    var result = ""
    for scalar in text.unicodeScalars {
        switch scalar {
        case "\\": result += "\\\\"
        case "\n": result += "\\n"
        case "\"" where quotes: result += "\\\""
        default: result.unicodeScalars.append(scalar)
        }
    }
    return result
}
