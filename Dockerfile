# docker build -t hand_recon .
FROM python:3.12-slim
WORKDIR /opt/hand_recon_ros
COPY . .
# PyTorch's build for processors comes first; the usual one brings CUDA along, which is 5 GB.
RUN pip install --no-cache-dir torch torchvision --index-url https://download.pytorch.org/whl/cpu \
 && pip install --no-cache-dir .
# The networks are exported while building, so that a container starts at once.
ENV HAND_RECON_CACHE=/opt/exports
RUN python -c "from hand_recon_ros import HandPipeline; HandPipeline.create()"
ENTRYPOINT ["hand-recon"]
CMD ["node"]
