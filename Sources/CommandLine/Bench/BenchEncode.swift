import ArgumentParser
import Foundation
import JEPA
import JEPAData
import JEPAEval

/// Times what an evaluation does: decode and encode images, find each one's neighbours; and the loader.
struct BenchEncode: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "encode",
    abstract: "Times an encoder on image files, neighbours among them, and the loader alone.")

  @Option(
    help: ArgumentHelp("The encoder, as for jepa encode.", valueName: "file|dir"),
    transform: HomePath.expanded)
  var encoder: String
  @Option(help: "Attention heads, where the file does not tell.") var heads: Int?
  @Option(help: "Side to resize images to; the encoder's own unless given.") var imageSize: Int?
  @Option(
    help: ArgumentHelp("A folder with a folder of images a class.", valueName: "dir"),
    transform: HomePath.expanded)
  var images: String
  @OptionGroup var reading: ImageReadingOptions
  @Option(help: .precision) var precision = TrainingPrecision.auto
  @Option(help: "Threads.") var threads: Int?
  @Option(
    help: ArgumentHelp("Where to write the figures as JSON.", valueName: "file"),
    transform: HomePath.expanded)
  var json: String?

  private struct Figures: Encodable {
    let images: Int
    let encodeSeconds: Double
    let knnSeconds: Double
    /// Of all features' absolute values: so that two programs can see that they computed the same.
    let meanMagnitude: Double
    /// Random resized crops, nothing else done.
    let loaderImagesPerSecond: Double
  }

  func run() throws {
    if let threads {
      guard threads >= 1 else { throw CommandError("--threads \(threads): give at least 1") }
      Parallelism.threads = threads
    }
    if let json { try CommandError.requireFolder(of: json, option: "--json") }
    let model = try EncoderFile(EncoderPath.weights(at: encoder)).encoder(
      heads: heads, imageSize: imageSize)
    let dataset = try ImageFolder(
      root: images, links: reading.links, decoding: reading.decoding)
    let extractor = FeatureExtractor(model, precision: precision)

    var labeled = (features: Tensor.zeros([0, 0]), labels: [Int]())
    let encoding = try Self.seconds { labeled = try extractor.features(of: dataset) }
    let features = LabeledFeatures(features: labeled.features, labels: labeled.labels)
    let neighbours = try Self.seconds {
      _ = try KNNClassifier().evaluate(features, train: features)
    }
    let loader = ImageLoader(
      dataset, transform: TrainingTransform(size: model.configuration.imageHeight), batchSize: 64,
      seed: 0, dropLast: false, workers: Parallelism.threads)
    let loading = try Self.seconds {
      let batches = loader.batches(epoch: 0)
      while try batches.next() != nil {}
    }
    let figures = Figures(
      images: dataset.count, encodeSeconds: encoding, knnSeconds: neighbours,
      meanMagnitude: labeled.features.absolute().mean().item(),
      loaderImagesPerSecond: Double(dataset.count) / loading)
    StandardOutput.write(
      String(
        format:
          "%d images: encoded at %.0f images/s, neighbours in %.2f s, loaded at %.0f images/s",
        figures.images, Double(figures.images) / encoding, neighbours,
        figures.loaderImagesPerSecond))
    if let json { try BenchCommand.write(figures, to: json) }
  }

  private static func seconds(_ body: () throws -> Void) rethrows -> Double {
    let start = ContinuousClock.now
    try body()
    return (ContinuousClock.now - start) / .seconds(1)
  }
}
