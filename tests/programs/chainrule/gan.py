"""Points on a ring: one network makes them, another tells them from real ones."""

import numpy as np

import nn
import optim
from autograd import tensor


def ring(n, rng):
    angle = rng.uniform(0.0, 2.0 * np.pi, n)
    points = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    return tensor((points + rng.normal(0.0, 0.05, (n, 2))).astype("float32"))


def make():
    generator = nn.Sequential(nn.Linear(4, 32), nn.ReLU(), nn.Linear(32, 32), nn.ReLU(), nn.Linear(32, 2))
    critic = nn.Sequential(nn.Linear(2, 32), nn.LeakyReLU(0.2), nn.Linear(32, 32), nn.LeakyReLU(0.2), nn.Linear(32, 1))
    return nn.ModuleDict({"generator": generator, "critic": critic})


def train(models, steps, n=64):
    rng = np.random.default_rng(0)
    generator, critic = models["generator"], models["critic"]
    criterion = nn.BCEWithLogitsLoss()
    of_generator = optim.Adam(generator.parameters(), lr=1e-3, betas=(0.5, 0.999))
    of_critic = optim.Adam(critic.parameters(), lr=1e-3, betas=(0.5, 0.999))
    real, fake = np.ones((n, 1)), np.zeros((n, 1))
    losses = []
    for _ in range(steps):
        noise = tensor(rng.normal(size=(n, 4)).astype("float32"))
        points = generator(noise)

        for parameter in critic.parameters():
            parameter.requires_grad_(True)
        of_critic.zero_grad()
        critic_loss = criterion(critic(ring(n, rng)), real) + criterion(critic(points.detach()), fake)
        critic_loss.backward()
        of_critic.step()

        for parameter in critic.parameters():
            parameter.requires_grad_(False)
        of_generator.zero_grad()
        generator_loss = criterion(critic(points), real)
        generator_loss.backward()
        of_generator.step()
        losses += [critic_loss.item(), generator_loss.item()]
    radius = np.sqrt((generator(noise) ** 2).sum(dim=1))
    print(f"losses {losses[-2]:.3f} and {losses[-1]:.3f}, radius {radius.mean().item():.2f}")
    return losses


if __name__ == "__main__":
    train(make(), 2000)
