// SPDX-License-Identifier: Apache-2.0
//
// Profiles written by hand, one line for each stack, so that a test's figures can be checked without a computer.

package import SiltProfile
import SiltSymbols

/// A profile of one kind from stacks such as `main;serve@serve.c:12;insert+push_back`, root first.
///
/// `a+b` is one address: `b`, put by the compiler into `a`. `?10` is an address without a name at 0x10 in the module.
/// Each stack has a value and a number of samples; its variance is its value.
package func stackProfile(
    kind: Profile.Kind = .inuseSpace, _ stacks: [(stack: String, value: Double, samples: Int)]
) -> Profile {
    var profile = Profile(
        kinds: [kind],
        mappings: [Profile.Mapping(addresses: 0x10000..<0x20000, fileOffset: 0, path: "/opt/app/service", buildID: "")])
    var known: [String: Int] = [:]
    for (stack, value, samples) in stacks {
        let locations = stack.split(separator: ";").reversed().map { text in
            let text = String(text)
            if let index = known[text] { return index }
            profile.locations.append(location(text, address: 0x10000 + UInt64(0x100 * profile.locations.count)))
            known[text] = profile.locations.count - 1
            return profile.locations.count - 1
        }
        profile.samples.append(
            Profile.Sample(
                locations: locations, values: [Estimate(value: value, variance: value.magnitude, samples: samples)]))
    }
    return profile
}

private func location(_ text: String, address: UInt64) -> Profile.Location {
    if text.hasPrefix("?") {
        let offset = UInt64(text.dropFirst(), radix: 16) ?? 0
        return Profile.Location(address: 0x10000 + offset, mapping: 0, frames: [])
    }
    let names = text.split(separator: "+")
    let frames = names.enumerated().reversed().map { index, name in
        let parts = name.split(separator: "@")
        let place = parts.count > 1 ? parts[1].split(separator: ":") : []
        return Frame(
            function: String(parts[0]), file: place.first.map(String.init),
            line: place.count > 1 ? Int(place[1]) ?? 0 : 0, isInlined: index > 0)
    }
    return Profile.Location(address: address, mapping: 0, frames: frames)
}

package let mebi = 1_048_576.0
