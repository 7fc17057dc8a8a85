// swift-tools-version: 6.2
import PackageDescription

// Folders are the layers; a target imports only targets below it. See docs/architecture.md.

let strict: [SwiftSetting] = [.treatAllWarnings(as: .error)]

/// One of our own library targets: strict, and with its own product.
func layer(_ name: String, _ path: String, _ dependencies: [Target.Dependency]) -> Target {
  .target(
    name: name, dependencies: dependencies, path: "Sources/" + path, swiftSettings: strict)
}

func tests(of name: String, _ dependencies: [Target.Dependency] = [], resources: [Resource] = [])
  -> Target
{
  .testTarget(
    name: name + "Tests",
    dependencies: [.byName(name: name), "JEPATestSupport"] + dependencies,
    resources: resources, swiftSettings: strict)
}

/// A small program that shows one head on a set with a known truth.
func example(_ name: String, _ head: String) -> Target {
  .executableTarget(
    name: name + "Example",
    dependencies: ["JEPATensor", "JEPADensity", "JEPAData", "JEPAEval", .byName(name: head)],
    path: "Examples/" + name, swiftSettings: strict)
}

/// The heads: a folder of `Sources/Heads`, a target and a product each.
let heads = ["Point", "Mixture", "Autoregressive", "Flow", "Diffusion"]

let libraries =
  [
    "JEPATensor", "JEPAConfiguration", "JEPAViT", "JEPADensity", "JEPAHeads", "JEPAData",
    "JEPADistributed", "JEPAMPI", "JEPA", "JEPAEval", "JEPAReport", "JEPACommandLine",
    "JEPATestSupport",
  ] + heads.map { "JEPA" + $0 }

let package = Package(
  name: "probabilistic-jepa",
  products: libraries.map { .library(name: $0, targets: [$0]) } + [
    .executable(name: "jepa", targets: ["jepa"])
  ],
  traits: [
    .trait(
      name: "MPI",
      description: "Training by several processes that exchange gradients with Open MPI.")
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.5.0"),
    .package(url: "https://github.com/jpsim/Yams", from: "6.0.0"),
  ],
  targets: [
    // System libraries: module maps only.
    .systemLibrary(
      name: "COneDNN", path: "Sources/System/COneDNN", providers: [.apt(["libdnnl-dev"])]),
    .systemLibrary(
      name: "COpenBLAS", path: "Sources/System/COpenBLAS", providers: [.apt(["libopenblas-dev"])]),
    .systemLibrary(
      name: "CLAPACKE", path: "Sources/System/CLAPACKE", providers: [.apt(["liblapacke-dev"])]),
    .systemLibrary(name: "CJPEG", path: "Sources/System/CJPEG", providers: [.apt(["libjpeg-dev"])]),
    .systemLibrary(
      name: "COpenMPI", path: "Sources/System/COpenMPI", providers: [.apt(["libopenmpi-dev"])]),
    .systemLibrary(name: "CPNG", path: "Sources/System/CPNG", providers: [.apt(["libpng-dev"])]),
    .systemLibrary(name: "CWebP", path: "Sources/System/CWebP", providers: [.apt(["libwebp-dev"])]),

    // C: the loops that must vectorize, the error handling of libjpeg and libpng, which needs setjmp, and what must
    // stand before the first line of Swift.
    .target(name: "CJEPAProcessor", path: "Sources/Processor"),
    .target(name: "CJEPAFatalSignals", path: "Sources/FatalSignals"),
    .target(name: "CJEPAKernels", dependencies: ["CJEPAProcessor"], path: "Sources/Kernels"),
    .target(
      name: "CJEPAImageFile", dependencies: ["CJEPAProcessor", "CJPEG", "CPNG"],
      path: "Sources/ImageFile"),

    layer(
      "JEPATensor", "Tensor",
      ["CJEPAProcessor", "CJEPAKernels", "COneDNN", "COpenBLAS", "CLAPACKE"]),
    layer("JEPAData", "Data", ["JEPATensor", "CJEPAImageFile", "CPNG", "CWebP"]),
    layer("JEPAViT", "ViT", ["JEPATensor"]),
    layer("JEPAConfiguration", "Configuration", ["Yams"]),
    layer("JEPADensity", "Heads/Density", ["JEPATensor", "JEPAConfiguration"]),
    layer(
      "JEPAHeads", "Heads/All", ["JEPADensity"] + heads.map { .byName(name: "JEPA" + $0) }),
    layer("JEPADistributed", "Distributed", ["JEPATensor"]),
    // Empty without the trait.
    layer(
      "JEPAMPI", "MPI",
      ["JEPADistributed", .target(name: "COpenMPI", condition: .when(traits: ["MPI"]))]),
    layer(
      "JEPA", "JEPA",
      ["JEPATensor", "JEPAConfiguration", "JEPAViT", "JEPADensity", "JEPAData", "JEPADistributed"]),
    layer("JEPAEval", "Eval", ["JEPATensor", "JEPADensity", "JEPAData", "JEPA"]),
    layer("JEPAReport", "Report", ["JEPATensor", "JEPAHeads", "JEPAData", "JEPA", "JEPAEval"]),
    layer(
      "JEPACommandLine", "CommandLine",
      [
        "JEPA", "JEPAData", "JEPAEval", "JEPAReport", "JEPAHeads", "JEPADistributed",
        "CJEPAFatalSignals",
        .target(name: "JEPAMPI", condition: .when(traits: ["MPI"])),
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ]),
    .executableTarget(
      name: "jepa", dependencies: ["JEPACommandLine"], path: "Sources/jepa", swiftSettings: strict),

    example("CustomHead", "JEPAPoint"),

    // What suites share, and research that tests operators and heads of its own may import.
    .target(
      name: "JEPATestSupport", dependencies: ["JEPATensor", "JEPADensity", "JEPADistributed"],
      path: "Tests/TestSupport", swiftSettings: strict),
    // What comes from outside, changed as an attacker would.
    .target(
      name: "FuzzSupport",
      dependencies: ["JEPATensor", "JEPAData", "JEPAPoint", "JEPA", "JEPAEval"],
      path: "Tests/FuzzSupport", swiftSettings: strict),
    .executableTarget(
      name: "jepa-fuzz", dependencies: ["FuzzSupport"], path: "Tests/Fuzz", swiftSettings: strict),
    tests(of: "JEPATensor", resources: [.copy("Resources")]),
    tests(of: "JEPAData", resources: [.copy("Resources")]),
    tests(of: "JEPADistributed"),
    tests(of: "JEPAViT"),
    tests(of: "JEPAPoint"),
    tests(of: "JEPAMixture", resources: [.copy("Resources")]),
    tests(of: "JEPAAutoregressive", resources: [.copy("Resources")]),
    tests(of: "JEPAFlow", resources: [.copy("Resources")]),
    tests(of: "JEPADiffusion", resources: [.copy("Resources")]),
    tests(of: "JEPAHeads"),
    tests(of: "JEPA", ["JEPAPoint"], resources: [.copy("Resources")]),
    tests(of: "JEPAEval", ["JEPA", "JEPAData", "JEPADensity"], resources: [.copy("Resources")]),
    tests(of: "JEPAReport", ["JEPA", "JEPAData", "JEPAEval", "JEPAHeads"]),
    tests(
      of: "jepa",
      ["JEPACommandLine", "JEPA", "JEPAData", "JEPAEval", "JEPAMixture", "FuzzSupport"],
      resources: [.copy("Resources")]),
  ]
    + heads.map { layer("JEPA" + $0, "Heads/" + $0, ["JEPADensity"]) }
    + heads.map { example($0, "JEPA" + $0) },
  swiftLanguageModes: [.v6]
)
