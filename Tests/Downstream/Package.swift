// swift-tools-version: 6.2
import PackageDescription

// What a research project that imports this package looks like. It may not use anything that is not
// public, and may not rely on the folder's name.
func products(_ names: String...) -> [Target.Dependency] {
  names.map { .product(name: $0, package: "probabilistic-jepa") }
}
let strict: [SwiftSetting] = [.treatAllWarnings(as: .error)]

let package = Package(
  name: "downstream",
  dependencies: [.package(name: "probabilistic-jepa", path: "../..")],
  targets: [
    // A training loop of one's own.
    .executableTarget(
      name: "TwoSteps", dependencies: products("JEPA", "JEPAData", "JEPAPoint"),
      swiftSettings: strict),
    // An operator, a head, a data set, a probe, a score, an optimizer and an observer of one's own …
    .target(
      name: "Research",
      dependencies: products("JEPATensor", "JEPADensity", "JEPAData", "JEPA", "JEPAEval"),
      swiftSettings: strict),
    // … in a tool of one's own, …
    .executableTarget(
      name: "ResearchTool",
      dependencies: ["Research"] + products("JEPACommandLine", "JEPA", "JEPAHeads"),
      swiftSettings: strict),
    // … whose runs are read back, …
    .executableTarget(
      name: "ReadBack", dependencies: ["Research"] + products("JEPA", "JEPAEval", "JEPAHeads"),
      swiftSettings: strict),
    // … and with tests of one's own.
    .testTarget(
      name: "ResearchTests",
      dependencies: ["Research"] + products("JEPATensor", "JEPATestSupport"),
      swiftSettings: strict),
  ],
  swiftLanguageModes: [.v6]
)
