"""The reference implementation (facebookresearch/ijepa), imported from a checkout.

Nothing of it is copied here: models, masks and optimiser groups are the checkout's own.
"""

import copy
import logging
import os
import sys

import torch
import torch.nn.functional as F


def add_repository(path):
    """Makes `src.*` of the checkout importable."""
    path = path or os.environ.get("IJEPA_REPO", "")
    if not os.path.isfile(os.path.join(path, "src", "helper.py")):
        sys.exit(
            f"no src/helper.py under '{path}': pass --repo DIR or set IJEPA_REPO to a checkout of "
            "https://github.com/facebookresearch/ijepa"
        )
    sys.path.insert(0, path)
    logging.disable(logging.INFO)


def build_models(model, size, patch, predictor_dim, predictor_depth):
    """Encoder and predictor with the reference's own initialisation."""
    from src.helper import init_model

    return init_model(
        device="cpu",
        patch_size=patch,
        model_name=model,
        crop_size=size,
        pred_depth=predictor_depth,
        pred_emb_dim=predictor_dim,
    )


def build_mask_collator(size, patch, min_keep=4):
    """The reference's multi-block masks with the scales of its ImageNet configs."""
    from src.masks.multiblock import MaskCollator

    return MaskCollator(
        input_size=size,
        patch_size=patch,
        pred_mask_scale=(0.15, 0.2),
        enc_mask_scale=(0.85, 1.0),
        aspect_ratio=(0.75, 1.5),
        nenc=1,
        npred=4,
        min_keep=min_keep,
        allow_overlap=False,
    )


def use_fused_attention():
    """Replaces the attention's forward by torch's scaled_dot_product_attention, same weights."""
    from src.models.vision_transformer import Attention

    def forward(self, x):
        b, n, c = x.shape
        qkv = self.qkv(x).view(b, n, 3, self.num_heads, c // self.num_heads)
        q, k, v = (qkv[:, :, i].transpose(1, 2) for i in range(3))
        x = F.scaled_dot_product_attention(q, k, v, scale=self.scale)
        return self.proj(x.transpose(1, 2).reshape(b, n, c)), None

    Attention.forward = forward


class TrainingStep:
    """One step as in the reference's `train_step`, with constant lr, weight decay and momentum.

    Left out, to the peer's advantage: DistributedDataParallel, the gradient logger, and the
    gradient scaler, which bfloat16 does not need.
    """

    def __init__(self, encoder, predictor, lr, weight_decay, ema, precision):
        from src.helper import init_opt

        self.encoder, self.predictor = encoder, predictor
        self.target_encoder = copy.deepcopy(encoder)
        for p in self.target_encoder.parameters():
            p.requires_grad = False
        self.optimizer, _, _, _ = init_opt(
            encoder, predictor, iterations_per_epoch=1, start_lr=lr, ref_lr=lr, warmup=0,
            num_epochs=1, wd=weight_decay, final_wd=weight_decay, final_lr=lr)
        for group in self.optimizer.param_groups:
            group["lr"] = lr
            if not group.get("WD_exclude"):
                group["weight_decay"] = weight_decay
        self.ema = ema
        self.autocast = precision == "bfloat16"

    def __call__(self, images, contexts, targets):
        """images [B, 3, H, W]; lists of [B, N] indices. Returns the loss."""
        from src.masks.utils import apply_masks
        from src.utils.tensors import repeat_interleave_batch

        with torch.autocast("cpu", dtype=torch.bfloat16, enabled=self.autocast):
            with torch.no_grad():
                h = self.target_encoder(images)
                h = F.layer_norm(h, (h.size(-1),))
                h = apply_masks(h, targets)
                h = repeat_interleave_batch(h, len(images), repeat=len(contexts))
            z = self.predictor(self.encoder(images, contexts), contexts, targets)
            loss = F.smooth_l1_loss(z, h)
        loss.backward()
        self.optimizer.step()
        self.optimizer.zero_grad()
        with torch.no_grad():
            for q, k in zip(self.encoder.parameters(), self.target_encoder.parameters()):
                k.data.mul_(self.ema).add_((1.0 - self.ema) * q.detach().data)
        return float(loss.detach())
