/// What a run cost: `cost.json`, of which any part may be absent.
public struct CostRecord: Sendable, Equatable {
  public var parameters: Double?
  public var imagesPerSecond: Double?
  public var peakMemoryBytes: Double?
  public var sampleSecondsPerToken: Double?
  public var likelihoodSecondsPerToken: Double?
  /// Whether that is an estimate.
  public var likelihoodIsEstimate: Bool?
  public var trainSeconds: Double?
  public var imagesSeen: Double?
  public var threads: Double?
  /// In words.
  public var machine: String?

  public init() {}

  init(_ json: JSONValue) {
    parameters = json["parameters"]?.number
    imagesPerSecond = json["images_per_second"]?.number
    peakMemoryBytes = json["peak_memory_bytes"]?.number
    sampleSecondsPerToken = json["sample_seconds_per_token"]?.number
    likelihoodSecondsPerToken = json["likelihood_seconds_per_token"]?.number
    if case .boolean(let value)? = json["likelihood_is_estimate"] { likelihoodIsEstimate = value }
    trainSeconds = json["train_seconds"]?.number
    imagesSeen = json["images_seen"]?.number
    threads = json["threads"]?.number
    machine = json["machine"]?.text
  }
}
