/// `meta`: the model, its precision, and how the run is carried out.
public struct MetaConfiguration: ConfigurationSection {
  /// Has no effect: data is read where it lies.
  public var copyData = false
  /// Encoder blocks; `nil` takes `modelName`'s.
  public var depth: Int?
  /// Whether the output projections of later blocks start smaller, as the reference's constructor
  /// has it; its training script undoes that, which `false` reproduces.
  public var depthScaledInit = true
  /// Encoder width; `nil` takes `modelName`'s.
  public var embedDim: Int?
  /// Read for the reference's files; `jepa train` refuses `true`, and continues runs by `--resume`.
  public var loadCheckpoint = false
  /// The encoder's size by name.
  public var modelName = "vit_huge"
  /// Attention heads of encoder and predictor; `nil` takes `modelName`'s.
  public var numHeads: Int?
  /// Predictor blocks.
  public var predDepth = 12
  /// Predictor width.
  public var predEmbDim = 384
  /// Precision of matrix products. See `resolvedPrecision`.
  public var precision = TrainingPrecision.auto
  /// Has no effect; read for the reference's files.
  public var readCheckpoint: String?
  /// Seed of every random draw of the run.
  public var seed: UInt64 = 0
  /// Threads that compute; `nil` takes as many as processors that the process may use.
  public var threads: Int?
  /// Whether `precision: auto` may choose bfloat16.
  public var useBFloat16 = true

  /// The defaults.
  public init() {}

  /// `precision`, or what `auto` means on this processor: bfloat16 where it multiplies that faster than float32
  /// and `useBFloat16` does not forbid it, else float32. Never `auto`.
  public var resolvedPrecision: TrainingPrecision {
    precision == .auto && !useBFloat16 ? .float32 : precision.resolved
  }

  package static let fields: [ConfigurationField<Self>] = [
    .init("copy_data", \.copyData, nil, "no effect; read for the reference's files"),
    .init("depth", \.depth, .present(.within(1...1024)), "encoder blocks; null takes model_name's"),
    .init(
      "depth_scaled_init", \.depthScaledInit, nil,
      "later blocks' output projections start smaller; false as the reference in effect has it"),
    .init(
      "embed_dim", \.embedDim, .present(.within(1...65_536)),
      "encoder width; null takes model_name's"),
    .init(
      "load_checkpoint", \.loadCheckpoint, nil,
      "read for the reference's files; true is refused, --resume continues a run"),
    .init("model_name", \.modelName, .encoderName, "size of the encoder"),
    .init(
      "num_heads", \.numHeads, .present(.within(1...1024)),
      "attention heads of encoder and predictor; null takes model_name's"),
    .init("pred_depth", \.predDepth, .within(1...1024), "predictor blocks"),
    .init("pred_emb_dim", \.predEmbDim, .within(1...65_536), "predictor width"),
    .init(
      "precision", \.precision, nil,
      "precision of matrix products; auto: bfloat16 where the processor multiplies it faster, else float32"
    ),
    .init(
      "read_checkpoint", \.readCheckpoint, nil,
      "no effect; read for the reference's files"),
    .init("seed", \.seed, nil, "seed of every random draw"),
    .init(
      "threads", \.threads, .present(.within(1...1024)),
      "threads that compute; null: as many as processors that the process may use"),
    .init("use_bfloat16", \.useBFloat16, nil, "whether precision: auto may choose bfloat16"),
  ]
}
